package wire

import (
	"encoding/binary"
	"net/netip"

	"filbert/overlay/wire/ggep"
)

const pongLen = 14 // fixed part

// Pong tells of one host, usually its sender.
//
//	+------+---------+-------+-------+------------------+
//	| port | IPv4 BE | files | KiB   | GGEP, 0–MaxTail  |
//	| 2 LE | 4       | 4 LE  | 4 LE  |                  |
//	+------+---------+-------+-------+------------------+
//
// An ultrapeer marks itself by a KiB that is a power of two of at least 8.
type Pong struct {
	Addr       netip.AddrPort // IPv6 only if there is no other: encoding writes 127.0.0.0, and Ext must tell it
	Files, KiB uint32         // shared
	Ext        []byte         // raw GGEP block, if any; see Info
}

// GGEP returns the extensions; none and no error if there is no block.
func (m *Pong) GGEP() ([]ggep.Extension, error) { return tailGGEP(m.Ext) }

// Type returns TypePong.
func (m *Pong) Type() Type { return TypePong }

// AppendTo appends the payload.
func (m *Pong) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, m.Addr.Port())
	b = appendIP4(b, m.Addr.Addr())
	b = binary.LittleEndian.AppendUint32(b, m.Files)
	b = binary.LittleEndian.AppendUint32(b, m.KiB)
	return append(b, m.Ext...)
}

func parsePong(p []byte) (Message, error) {
	switch {
	case len(p) < pongLen:
		return nil, malformed(TypePong, "fixed part", len(p), reasonShort)
	case len(p) > pongLen+MaxTail:
		return nil, malformed(TypePong, "ggep", pongLen, reasonLong)
	}
	return &Pong{
		Addr:  tell6(addrPort4(p[2:], p), p[pongLen:]),
		Files: binary.LittleEndian.Uint32(p[6:]),
		KiB:   binary.LittleEndian.Uint32(p[10:]),
		Ext:   tail(p, pongLen),
	}, nil
}
