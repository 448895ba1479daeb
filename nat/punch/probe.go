package punch

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// Role is the side of an attempt.
type Role byte

const (
	Initiator Role = 1
	Responder Role = 2
)

func (r Role) String() string {
	switch r {
	case Initiator:
		return "initiator"
	case Responder:
		return "responder"
	}
	return "Role"
}

// challenge is what the owner of an address proves to have received there; zero is
// none.
type challenge [8]byte

// probe is the only thing that goes to an address that proved nothing yet.
type probe struct {
	role      Role // of the sender
	id        ID
	round     uint8
	challenge challenge // to be echoed
	echo      challenge // of what came from the address the probe goes to
}

const (
	stunIndication = 0x0011 // binding indication (RFC 8489 3): nobody answers it
	stunCookie     = 0x2112a442
	stunHeader     = 20
	probeAttribute = 0xc0f1 // may be ignored by who does not know it
	probeBody      = 52
	probeSize      = stunHeader + 4 + probeBody
	tagSize        = 16
)

// roundKey is known to the two peers, and to who carried their messages.
type roundKey [32]byte

// newKey derives the key of a round from the nonces of both.
func newKey(initiator, responder Nonce) roundKey {
	return sha256.Sum256(append(append([]byte("filbert punch"), initiator[:]...), responder[:]...))
}

// appendTo encodes a probe for who has the key; numbers are big endian.
//
//	0  STUN header: 0x0011, length 56, 0x2112A442, first 12 bytes of the attempt
//	20 attribute 0xC0F1, length 52
//	24 role of the sender, round, 2 bytes of zero
//	28 attempt, 16 bytes
//	44 challenge, 8 bytes
//	52 echo, 8 bytes
//	60 first 16 bytes of HMAC-SHA256 over 24..60
func (p probe) appendTo(b []byte, key roundKey) []byte {
	b = binary.BigEndian.AppendUint16(b, stunIndication)
	b = binary.BigEndian.AppendUint16(b, 4+probeBody)
	b = binary.BigEndian.AppendUint32(b, stunCookie)
	b = append(b, p.id[:12]...)
	b = binary.BigEndian.AppendUint16(b, probeAttribute)
	b = binary.BigEndian.AppendUint16(b, probeBody)
	at := len(b)
	b = append(b, byte(p.role), p.round, 0, 0)
	b = append(b, p.id[:]...)
	b = append(b, p.challenge[:]...)
	b = append(b, p.echo[:]...)
	return append(b, tag(b[at:], key)...)
}

// parseProbe decodes a probe, and tells whether it is one. Who made it is not
// checked yet.
func parseProbe(b []byte) (p probe, ok bool) {
	if len(b) != probeSize || binary.BigEndian.Uint16(b) != stunIndication || binary.BigEndian.Uint32(b[4:]) != stunCookie ||
		binary.BigEndian.Uint16(b[stunHeader:]) != probeAttribute || binary.BigEndian.Uint16(b[stunHeader+2:]) != probeBody {
		return probe{}, false
	}
	v := b[stunHeader+4:]
	return probe{role: Role(v[0]), round: v[1], id: ID(v[4:20]), challenge: challenge(v[20:28]), echo: challenge(v[28:36])}, true
}

// genuine reports whether the bytes of a probe were made with the key.
func genuine(b []byte, key roundKey) bool {
	return len(b) == probeSize && hmac.Equal(b[probeSize-tagSize:], tag(b[stunHeader+4:probeSize-tagSize], key))
}

func tag(b []byte, key roundKey) []byte {
	m := hmac.New(sha256.New, key[:])
	m.Write(b)
	return m.Sum(nil)[:tagSize]
}

// challengeFor is another one for each path, so that an echo proves which.
func challengeFor(secret roundKey, addr netip.AddrPort, ours bool) (c challenge) {
	m := hmac.New(sha256.New, secret[:])
	m.Write([]byte(addr.String()))
	if ours {
		m.Write([]byte(" relayed"))
	}
	copy(c[:], m.Sum(nil))
	return c
}
