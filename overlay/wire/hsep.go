package wire

import "encoding/binary"

const levelLen = 3 * 8

// HSEP tells a neighbor how much its sender can reach within 1, 2, 3, … hops
// (horizon size estimation protocol).
//
//	+-------+-------+-------+-----+
//	| nodes | files | KiB   | …
//	| 8 LE  | 8 LE  | 8 LE  |
//	+-------+-------+-------+-----+
type HSEP struct {
	Levels []HSEPLevel // at least one; gtk-gnutella sends and reads up to 7
}

// HSEPLevel is what is reachable within one number of hops.
type HSEPLevel struct {
	Nodes, Files, KiB uint64
}

// Type returns TypeHSEP.
func (m *HSEP) Type() Type { return TypeHSEP }

// AppendTo appends the payload.
func (m *HSEP) AppendTo(b []byte) []byte {
	for _, l := range m.Levels {
		b = binary.LittleEndian.AppendUint64(b, l.Nodes)
		b = binary.LittleEndian.AppendUint64(b, l.Files)
		b = binary.LittleEndian.AppendUint64(b, l.KiB)
	}
	return b
}

func parseHSEP(p []byte) (Message, error) {
	if len(p) == 0 || len(p)%levelLen != 0 {
		return nil, malformed(TypeHSEP, "levels", 0, "not whole levels of 24 bytes")
	}
	m := &HSEP{Levels: make([]HSEPLevel, len(p)/levelLen)}
	for i := range m.Levels {
		m.Levels[i] = HSEPLevel{
			Nodes: binary.LittleEndian.Uint64(p[i*levelLen:]),
			Files: binary.LittleEndian.Uint64(p[i*levelLen+8:]),
			KiB:   binary.LittleEndian.Uint64(p[i*levelLen+16:]),
		}
	}
	return m, nil
}
