package wire

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// minQuery is the shortest payload of a query that asks for anything: flags,
// one byte and a NUL.
const minQuery = 4

// Query asks for files.
//
//	+-------+------------+-----+----------------+
//	| flags | text UTF-8 | NUL | extension area |
//	| 2 BE  |            |     |                |
//	+-------+------------+-----+----------------+
type Query struct {
	Flags QueryFlags // as on the wire; Normal says what a received word means
	Text  string     // no NUL
	Ext   []byte     // extension area, raw; see Extensions
}

// QueryText cuts the payload of a query into its parts, without allocating; all
// alias payload. It is strict where Parse is: the text is valid UTF-8 and ended
// by a NUL.
func QueryText(payload []byte) (flags QueryFlags, text, ext []byte, err error) {
	if len(payload) < minQuery {
		return 0, nil, nil, malformed(TypeQuery, "payload", len(payload), reasonShort)
	}
	text, ext, ok := bytes.Cut(payload[2:], []byte{nul})
	if !ok {
		return 0, nil, nil, malformed(TypeQuery, "text", 2, reasonNoNUL)
	}
	if !utf8.Valid(text) {
		return 0, nil, nil, malformed(TypeQuery, "text", 2, "not UTF-8")
	}
	return QueryFlags(binary.BigEndian.Uint16(payload)), text, ext, nil
}

// Type returns TypeQuery.
func (m *Query) Type() Type { return TypeQuery }

// AppendTo appends the payload.
func (m *Query) AppendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(m.Flags))
	b = append(b, m.Text...)
	b = append(b, nul)
	return append(b, m.Ext...)
}

func parseQuery(p []byte) (Message, error) {
	flags, text, ext, err := QueryText(p)
	if err != nil {
		return nil, err
	}
	return &Query{Flags: flags, Text: string(text), Ext: tail(ext, 0)}, nil
}
