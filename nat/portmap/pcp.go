package portmap

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// The opcodes of PCP that we use, and what answers add to them.
const (
	pcpVersion  = 2
	pcpAnnounce = 0
	pcpMap      = 1
	answerBit   = 0x80

	pcpHeader  = 24
	pcpMapSize = 36
)

// Results of PCP that decide something.
const (
	pcpSuccess            = 0
	pcpUnsupportedVersion = 1 // of NAT-PMP too
	pcpUnsupportedOpcode  = 4
)

// pcpResults names the results (RFC 6887 7.4).
var pcpResults = map[int]string{
	1: "unsupported version", 2: "not authorized", 3: "malformed request", 4: "unsupported opcode", 5: "unsupported option",
	6: "malformed option", 7: "network failure", 8: "no resources", 9: "unsupported protocol", 10: "user exceeds quota",
	11: "cannot provide external address", 12: "address mismatch", 13: "excessive remote peers",
}

// nonce ties an answer, and every later question, to a mapping.
type nonce [12]byte

// mapping is the body of MAP, in both directions.
//
//	0  nonce, 12 bytes
//	12 protocol number, 3 bytes of zero
//	16 internal port, external port
//	20 external address, 16 bytes
type mapping struct {
	nonce    nonce
	proto    byte
	internal uint16
	external netip.AddrPort // suggested in a question: port 0, or an unspecified address, is any
}

// appendPCP makes a question; m is nil for ANNOUNCE.
//
//	0  version 2, opcode, 2 bytes of zero
//	4  lifetime in seconds
//	8  address of the client, 16 bytes
func appendPCP(b []byte, lifetime uint32, client netip.Addr, m *mapping) []byte {
	opcode := byte(pcpAnnounce)
	if m != nil {
		opcode = pcpMap
	}
	b = append(b, pcpVersion, opcode, 0, 0)
	b = binary.BigEndian.AppendUint32(b, lifetime)
	b = append16(b, client)
	if m == nil {
		return b
	}
	b = append(b, m.nonce[:]...)
	b = append(b, m.proto, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, m.internal)
	b = binary.BigEndian.AppendUint16(b, m.external.Port())
	return append16(b, m.external.Addr())
}

// append16 writes IPv4 addresses as mapped ones.
func append16(b []byte, addr netip.Addr) []byte {
	a := addr.As16()
	return append(b, a[:]...)
}

// pcpAnswer is an answer to a question.
type pcpAnswer struct {
	opcode   byte
	result   int
	lifetime uint32 // of an error: how long it will stay
	epoch    uint32
	mapping  mapping // of a MAP that succeeded or was well understood
	mapped   bool
}

var (
	errPCP     = errors.New("portmap: malformed PCP answer")
	errVersion = errors.New("portmap: router does not speak PCP")
)

// parsePCP reads an answer; options after it are ignored.
//
//	0  version 2, opcode with the highest bit set, 0, result
//	4  lifetime, epoch in seconds
//	12 12 bytes of zero
func parsePCP(p []byte) (a pcpAnswer, err error) {
	if len(p) >= 4 && p[0] != pcpVersion && p[1]&answerBit != 0 && p[2] == 0 && p[3] == pcpUnsupportedVersion {
		return a, errVersion // of NAT-PMP, or of another PCP
	}
	if len(p) < pcpHeader || len(p) > maxPCP || len(p)%4 != 0 || p[0] != pcpVersion || p[1]&answerBit == 0 {
		return a, errPCP
	}
	a = pcpAnswer{opcode: p[1] &^ answerBit, result: int(p[3]), lifetime: binary.BigEndian.Uint32(p[4:]), epoch: binary.BigEndian.Uint32(p[8:])}
	body := p[pcpHeader:]
	if a.opcode != pcpMap {
		return a, nil
	}
	if len(body) < pcpMapSize {
		if a.result == pcpSuccess {
			return pcpAnswer{}, errPCP
		}
		return a, nil
	}
	a.mapped = true
	a.mapping = mapping{
		nonce: nonce(body[:12]), proto: body[12], internal: binary.BigEndian.Uint16(body[16:]),
		external: netip.AddrPortFrom(netip.AddrFrom16([16]byte(body[20:36])).Unmap(), binary.BigEndian.Uint16(body[18:])),
	}
	return a, nil
}

// answers reports whether an answer is one to MAP for m, or to ANNOUNCE when m is
// nil.
func (a pcpAnswer) answers(m *mapping) bool {
	if m == nil {
		return a.opcode == pcpAnnounce
	}
	return a.opcode == pcpMap && a.mapped && a.mapping.nonce == m.nonce && a.mapping.proto == m.proto && a.mapping.internal == m.internal
}
