package wire

const patchData = 5 // offset of the data

// RoutePatch is one part of a change to the sender's query-routing table (QRP).
//
//	+---------+-----+-------+------------+------------+------+
//	| variant | seq | count | compressor | entry bits | data |
//	| 1, 01   | 1   | 1     | 1          | 1          |      |
//	+---------+-----+-------+------------+------------+------+
type RoutePatch struct {
	Seq        uint8  // 1–Count
	Count      uint8  // patches of this change
	Compressor uint8  // 0 none, 1 one zlib stream across all patches
	Bits       uint8  // of an entry: 8, 4, 2 or 1
	Data       []byte // entries, in order of slots, the first on top
}

// Type returns TypeRoute.
func (m *RoutePatch) Type() Type { return TypeRoute }

// AppendTo appends the payload.
func (m *RoutePatch) AppendTo(b []byte) []byte {
	b = append(b, routePatch, m.Seq, m.Count, m.Compressor, m.Bits)
	return append(b, m.Data...)
}

func parseRoutePatch(p []byte) (Message, error) {
	if len(p) < patchData {
		return nil, malformed(TypeRoute, "patch", len(p), reasonShort)
	}
	return &RoutePatch{Seq: p[1], Count: p[2], Compressor: p[3], Bits: p[4], Data: tail(p, patchData)}, nil
}
