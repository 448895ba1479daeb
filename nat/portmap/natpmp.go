package portmap

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// natpmpAddress is the opcode that asks for the external address; those that map
// are 1 for UDP and 2 for TCP.
const natpmpAddress = 0

func natpmpOpcode(p Proto) byte {
	if p == TCP {
		return 2
	}
	return 1
}

// natpmpResults names the results (RFC 6886 3.5).
var natpmpResults = map[int]string{
	1: "unsupported version", 2: "not authorized", 3: "network failure", 4: "out of resources", 5: "unsupported opcode",
}

// appendNATPMPAddress asks for the external address.
func appendNATPMPAddress(b []byte) []byte { return append(b, 0, natpmpAddress) }

// appendNATPMPMap asks for a mapping, or with a lifetime and external port of 0
// for its end.
//
//	0  version 0, opcode, 2 bytes of zero
//	4  internal port, suggested external port
//	8  lifetime in seconds
func appendNATPMPMap(b []byte, p Proto, internal, external uint16, lifetime uint32) []byte {
	b = append(b, 0, natpmpOpcode(p), 0, 0)
	b = binary.BigEndian.AppendUint16(b, internal)
	b = binary.BigEndian.AppendUint16(b, external)
	return binary.BigEndian.AppendUint32(b, lifetime)
}

// natpmpAnswer is an answer to a question.
type natpmpAnswer struct {
	opcode   byte
	result   int
	epoch    uint32
	addr     netip.Addr // of the external address
	internal uint16     // of a mapping
	external uint16
	lifetime uint32
}

var errNATPMP = errors.New("portmap: malformed NAT-PMP answer")

// parseNATPMP reads an answer.
//
//	0  version 0, opcode with the highest bit set, result (2 bytes)
//	4  epoch in seconds
//	8  external address | internal port, external port, lifetime; may lack after an error
func parseNATPMP(p []byte) (a natpmpAnswer, err error) {
	if len(p) < 8 || len(p) > maxPCP || p[0] != 0 || p[1]&answerBit == 0 {
		return a, errNATPMP
	}
	a = natpmpAnswer{opcode: p[1] &^ answerBit, result: int(binary.BigEndian.Uint16(p[2:])), epoch: binary.BigEndian.Uint32(p[4:])}
	if a.result != 0 {
		return a, nil
	}
	switch {
	case a.opcode == natpmpAddress && len(p) >= 12:
		a.addr = netip.AddrFrom4([4]byte(p[8:]))
	case a.opcode == natpmpOpcode(UDP) && len(p) >= 16, a.opcode == natpmpOpcode(TCP) && len(p) >= 16:
		a.internal, a.external = binary.BigEndian.Uint16(p[8:]), binary.BigEndian.Uint16(p[10:])
		a.lifetime = binary.BigEndian.Uint32(p[12:])
	default:
		return natpmpAnswer{}, errNATPMP
	}
	return a, nil
}
