package wire

import (
	"bytes"
	"encoding/binary"
)

// Bye is the last message of a link; its sender closes.
//
//	+------+------------+-----+
//	| code | text       | NUL |
//	| 2 LE |            |     |
//	+------+------------+-----+
//
// or, with headers:
//
//	+------+------------+------+---------+------+-----+
//	| code | text       | CRLF | headers | CRLF | NUL |
//	+------+------------+------+---------+------+-----+
type Bye struct {
	Code uint16 // ByeShutdown and so on
	Text string
	Rest []byte // what follows Text, raw, from its CRLF or NUL on; nil for a mere NUL
}

// Type returns TypeBye.
func (m *Bye) Type() Type { return TypeBye }

// AppendTo appends the payload.
func (m *Bye) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, m.Code)
	b = append(b, m.Text...)
	if m.Rest == nil {
		return append(b, nul)
	}
	return append(b, m.Rest...)
}

// parseBye takes a text without a NUL as if it had one.
func parseBye(p []byte) (Message, error) {
	if len(p) < 2 {
		return nil, malformed(TypeBye, "code", 0, reasonShort)
	}
	text := p[2:]
	if i := bytes.IndexByte(text, nul); i >= 0 {
		text = text[:i]
	}
	if i := bytes.Index(text, []byte("\r\n")); i >= 0 {
		text = text[:i]
	}
	m := &Bye{Code: binary.LittleEndian.Uint16(p), Text: string(text)}
	if rest := p[2+len(text):]; len(rest) > 0 && !(len(rest) == 1 && rest[0] == nul) {
		m.Rest = rest
	}
	return m, nil
}
