package wire

import "encoding/binary"

const resetLen = 6

// RouteReset empties the receiver's copy of the sender's query-routing table
// (QRP) and sets its shape.
//
//	+---------+-------+----------+
//	| variant | slots | infinity |
//	| 1, 00   | 4 LE  | 1        |
//	+---------+-------+----------+
type RouteReset struct {
	Slots    uint32 // of the table; a power of two
	Infinity uint8  // hops that stand for "absent", at least 1
}

// Type returns TypeRoute.
func (m *RouteReset) Type() Type { return TypeRoute }

// AppendTo appends the payload.
func (m *RouteReset) AppendTo(b []byte) []byte {
	b = append(b, routeReset)
	b = binary.LittleEndian.AppendUint32(b, m.Slots)
	return append(b, m.Infinity)
}

func parseRouteReset(p []byte) (Message, error) {
	if len(p) != resetLen {
		return nil, malformed(TypeRoute, "reset", 0, "not 6 bytes")
	}
	return &RouteReset{Slots: binary.LittleEndian.Uint32(p[1:]), Infinity: p[5]}, nil
}
