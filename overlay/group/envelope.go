package group

import (
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"filbert/overlay/identity"
)

// Use keeps envelopes of one purpose from being taken for another's.
type Use byte

// The uses.
const (
	Gossip  Use = 1 + iota // between two nodes, about who is there
	Message                // of the users, for all members
)

// String names the use.
func (u Use) String() string {
	switch u {
	case Gossip:
		return "gossip"
	case Message:
		return "message"
	}
	return "Use(" + strconv.Itoa(int(u)) + ")"
}

func (u Use) domain() string {
	if u == Gossip {
		return gossipDomain
	}
	return messageDomain
}

// Envelope is what a member sent.
//
//	0   tag of the group and the receiver, 8 bytes
//	8   number of the key, 4 bytes
//	12  nonce, 24 bytes
//	36  sealed by XChaCha20-Poly1305, with the 12 bytes before the nonce:
//	      0   sender, 32 bytes
//	      32  sequence
//	      40  time, milliseconds of Unix
//	      48  payload
//	          signature, 64 bytes
//	    16 bytes of the seal
//
// The sender signs envelopeDomain, the use, the group, the receiver (zero: all), the rotation
// whose key seals it, and all from the sender to the payload. So it cannot be opened in
// another group, by another receiver or with another key.
type Envelope struct {
	Sender   identity.PeerID
	Sequence uint64
	Time     time.Time
	Payload  []byte
}

const (
	envelopeHeader = len(Tag{}) + len(KeyID{})
	sealedHeader   = peerLen + 8 + 8

	// Overhead is how much longer an envelope is than its payload, in bytes.
	Overhead = envelopeHeader + chacha20poly1305.NonceSizeX + sealedHeader + signatureLen + chacha20poly1305.Overhead
)

// Sealer makes the envelopes of one sender in one group, for one use.
type Sealer struct {
	self Signer
	id   ID
	use  Use
	rand io.Reader
	last uint64
}

// NewSealer returns a sealer. Sequence numbers begin with the time in microseconds, so that
// they are higher than those before a restart.
func NewSealer(self Signer, id ID, use Use, rand io.Reader, now time.Time) *Sealer {
	return &Sealer{self: self, id: id, use: use, rand: rand, last: uint64(now.UnixMicro())}
}

// Seal closes a payload for one member, or for all if to is zero.
func (s *Sealer) Seal(key EpochKey, to identity.PeerID, payload []byte, now time.Time) ([]byte, error) {
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("group: seal %d bytes: %w", len(payload), refused(TooMany))
	}
	s.last++
	self := s.self.PeerID()
	b := make([]byte, 0, Overhead+len(payload))
	tag, kid := TagOf(s.id, to), key.Key.id()
	b = append(append(b, tag[:]...), kid[:]...)
	b = b[:envelopeHeader+chacha20poly1305.NonceSizeX]
	nonce := b[envelopeHeader:]
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return nil, fmt.Errorf("group: seal: %w", err)
	}
	plain := make([]byte, 0, sealedHeader+len(payload)+signatureLen)
	plain = append(plain, self[:]...)
	plain = binary.BigEndian.AppendUint64(plain, s.last)
	plain = binary.BigEndian.AppendUint64(plain, uint64(now.UnixMilli()))
	plain = append(plain, payload...)
	plain = append(plain, s.self.Sign(signedEnvelope(s.use, s.id, to, key.Of, plain))...)
	return cipherOf(key.Key, s.use).Seal(b, nonce, plain, b[:envelopeHeader]), nil
}

func signedEnvelope(use Use, id ID, to identity.PeerID, of Hash, plain []byte) []byte {
	b := make([]byte, 0, len(envelopeDomain)+1+3*hashLen+len(plain))
	b = append(b, envelopeDomain...)
	b = append(b, byte(use))
	b = append(b, id[:]...)
	b = append(b, to[:]...)
	b = append(b, of[:]...)
	return append(b, plain...)
}

func cipherOf(k Key, use Use) cipher.AEAD {
	key := k.derive(use.domain())
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil { // the key has the right length
		panic(err)
	}
	return aead
}

// Opener opens the envelopes that come to one member in one group, for one use. What it opened
// it does not open again.
type Opener struct {
	self    identity.PeerID
	id      ID
	use     Use
	since   time.Time
	keys    []openKey
	windows map[identity.PeerID]*Window
}

// openKey is a key as it is used.
type openKey struct {
	id   KeyID
	of   Hash
	aead cipher.AEAD
}

// NewOpener returns an opener for a member. It has no memory of what came before it was made:
// what was sent before since it refuses; a zero since is for who remembers otherwise.
func NewOpener(self identity.PeerID, id ID, use Use, since time.Time) *Opener {
	return &Opener{self: self, id: id, use: use, since: since, windows: map[identity.PeerID]*Window{}}
}

// Keys tells with which keys envelopes may be sealed.
func (o *Opener) Keys(keys ...EpochKey) {
	o.keys = nil
	for _, k := range keys {
		o.keys = append(o.keys, openKey{k.Key.id(), k.Of, cipherOf(k.Key, o.use)})
	}
}

// Open opens an envelope of a member: of whom role returns a role. The reasons of a refusal are
// in the order in which they are looked for, the dearest last.
func (o *Opener) Open(b []byte, role func(identity.PeerID) Role, now time.Time) (Envelope, Reason) {
	if len(b) < Overhead || len(b) > Overhead+maxPayload {
		return Envelope{}, Malformed
	}
	var to identity.PeerID
	switch Tag(b[:len(Tag{})]) {
	case TagOf(o.id, identity.PeerID{}):
	case TagOf(o.id, o.self):
		to = o.self
	default:
		return Envelope{}, OtherGroup
	}
	kid := KeyID(b[len(Tag{}):envelopeHeader])
	for _, k := range o.keys {
		if k.id != kid {
			continue
		}
		body := b[envelopeHeader+chacha20poly1305.NonceSizeX:]
		plain, err := k.aead.Open(nil, b[envelopeHeader:envelopeHeader+chacha20poly1305.NonceSizeX], body, b[:envelopeHeader])
		if err != nil {
			return Envelope{}, Damaged
		}
		return o.verify(plain, to, k.of, role, now)
	}
	return Envelope{}, UnknownKey
}

func (o *Opener) verify(plain []byte, to identity.PeerID, of Hash, role func(identity.PeerID) Role, now time.Time) (Envelope, Reason) {
	signed := plain[:len(plain)-signatureLen]
	c := cursor{b: signed}
	var e Envelope
	c.fill(e.Sender[:])
	e.Sequence = c.uint64()
	e.Time = time.UnixMilli(int64(c.uint64()))
	e.Payload = c.b
	w := o.windows[e.Sender]
	switch apart := now.Sub(e.Time); {
	case e.Sender == o.self || role(e.Sender) == NoRole:
		return Envelope{}, NotMember
	case apart > timeWindow || apart < -timeWindow:
		return Envelope{}, WrongClock
	case e.Time.Before(o.since) || w != nil && !w.New(e.Sequence) || e.Sequence == 0:
		return Envelope{}, Replayed
	case !ed25519.Verify(e.Sender[:], signedEnvelope(o.use, o.id, to, of, signed), plain[len(signed):]):
		return Envelope{}, BadSignature
	}
	if w == nil {
		if len(o.windows) >= maxMembers { // some are of who is gone
			for p := range o.windows {
				if role(p) == NoRole {
					delete(o.windows, p)
				}
			}
		}
		w = new(Window)
		o.windows[e.Sender] = w
	}
	w.Note(e.Sequence)
	return e, Fine
}
