package wire

import (
	"encoding/binary"
	"net/netip"

	"filbert/overlay/wire/ggep"
)

const pushLen = 26 // fixed part

// Push asks a firewalled servent to connect to the one who wants its file.
//
//	+--------------+------------+---------+------+------------------+
//	| servent GUID | file index | IPv4 BE | port | GGEP, 0–MaxTail  |
//	| 16           | 4 LE       | 4       | 2 LE |                  |
//	+--------------+------------+---------+------+------------------+
type Push struct {
	Servent GUID           // who shall connect; the message is routed by it
	Index   uint32         // of the file; 0 for no particular one
	Addr    netip.AddrPort // where to; encoding writes 127.0.0.0 for an IPv6 address
	Ext     []byte         // raw GGEP block, if any; a "6" in it overrides Addr
}

// GGEP returns the extensions; none and no error if there is no block.
func (m *Push) GGEP() ([]ggep.Extension, error) { return tailGGEP(m.Ext) }

// Type returns TypePush.
func (m *Push) Type() Type { return TypePush }

// AppendTo appends the payload.
func (m *Push) AppendTo(b []byte) []byte {
	b = append(b, m.Servent[:]...)
	b = binary.LittleEndian.AppendUint32(b, m.Index)
	b = appendIP4(b, m.Addr.Addr())
	b = binary.LittleEndian.AppendUint16(b, m.Addr.Port())
	return append(b, m.Ext...)
}

func parsePush(p []byte) (Message, error) {
	switch {
	case len(p) < pushLen:
		return nil, malformed(TypePush, "fixed part", len(p), reasonShort)
	case len(p) > pushLen+MaxTail:
		return nil, malformed(TypePush, "ggep", pushLen, reasonLong)
	}
	return &Push{
		Servent: GUID(p[:16]),
		Index:   binary.LittleEndian.Uint32(p[16:]),
		Addr:    addrPort4(p[20:], p[24:]),
		Ext:     tail(p, pushLen),
	}, nil
}
