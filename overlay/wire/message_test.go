package wire

import (
	"bytes"
	"errors"
	"testing"
)

// TestMalformed: each fault of a payload is dropped, by its name.
func TestMalformed(t *testing.T) {
	hit := func(records string) []byte {
		return append([]byte("\x01\xca\x18\xc0\x00\x02\x11\xe8\x03\x00\x00"+records), unhex(servent)...)
	}
	const fixed = "\x01\x00\x00\x00\x0c\x00\x00\x00" // index and size of a record
	for _, c := range []struct {
		name    string
		t       Type
		payload []byte
		field   string
	}{
		{"ping, tail too long", TypePing, make([]byte, MaxTail+1), "ggep"},
		{"pong, short", TypePong, make([]byte, pongLen-1), "fixed part"},
		{"pong, tail too long", TypePong, make([]byte, pongLen+MaxTail+1), "ggep"},
		{"push, short", TypePush, make([]byte, pushLen-1), "fixed part"},
		{"push, tail too long", TypePush, make([]byte, pushLen+MaxTail+1), "ggep"},
		{"bye, no code", TypeBye, []byte{200}, "code"},
		{"route, empty", TypeRoute, nil, "variant"},
		{"route, unknown variant", TypeRoute, []byte{2, 0, 0, 0, 0, 0}, "variant"},
		{"reset, short", TypeRoute, []byte{0, 0, 0, 1, 0}, "reset"},
		{"reset, long", TypeRoute, []byte{0, 0, 0, 1, 0, 7, 0}, "reset"},
		{"patch, short", TypeRoute, []byte{1, 1, 1, 0}, "patch"},
		{"vendor, short", TypeVendor, []byte("BEAR\x04\x00\x01"), "vendor id"},
		{"standard, short", TypeStandard, []byte("BEAR\x04\x00\x01"), "vendor id"},
		{"hsep, empty", TypeHSEP, nil, "levels"},
		{"hsep, half a level", TypeHSEP, make([]byte, 36), "levels"},
		{"query, too short to ask", TypeQuery, []byte{0x80, 0, 0}, "payload"},
		{"query, no NUL", TypeQuery, []byte("\x80\x00blue"), "text"},
		{"query, not UTF-8", TypeQuery, []byte("\x80\x00blu\xe9\x00"), "text"},
		{"hit, short", TypeQueryHit, make([]byte, minHit-1), "fixed parts"},
		{"hit, no records", TypeQueryHit, make([]byte, minHit), "count"},
		{"hit, more records than room", TypeQueryHit, hit(""), "count"},
		{"hit, name without end", TypeQueryHit, hit(fixed + "name"), "record name"},
		{"hit, no name", TypeQueryHit, hit(fixed + "\x00ext\x00"), "record name"},
		{"hit, extensions without end", TypeQueryHit, hit(fixed + "a\x00bc"), "record extensions"},
		{"hit, fewer records than counted", TypeQueryHit, append([]byte{2}, hit(fixed + "a long name for two\x00\x00")[1:]...), "record"},
	} {
		t.Run(c.name, func(t *testing.T) {
			msg, err := Parse(c.t, c.payload)
			var fault *FormatError
			if !errors.As(err, &fault) || msg != nil {
				t.Fatalf("%+v, error %v", msg, err)
			}
			if fault.Type != c.t || fault.Field != c.field || fault.Class != ClassDrop {
				t.Errorf("fault %+v, want field %q", fault, c.field)
			}
		})
	}
}

// TestTailLimits: the longest tails pass.
func TestTailLimits(t *testing.T) {
	for typ, fixed := range map[Type]int{TypePing: 0, TypePong: pongLen, TypePush: pushLen} {
		for _, tail := range []int{0, 1, MaxTail - 1, MaxTail} {
			payload := bytes.Repeat([]byte{0xC3}, fixed+tail)
			msg, err := Parse(typ, payload)
			if err != nil || !bytes.Equal(msg.AppendTo(nil), payload) {
				t.Errorf("%v with a tail of %d: %v", typ, tail, err)
			}
		}
	}
}

// TestForeignTypesAreKept: what is not understood stays as it is.
func TestForeignTypesAreKept(t *testing.T) {
	for _, typ := range []Type{TypeRUDP, TypeDHT, 0x42} {
		msg, err := Parse(typ, []byte("whatever"))
		if err != nil || msg.Type() != typ || string(msg.AppendTo(nil)) != "whatever" {
			t.Errorf("%v: %+v, error %v", typ, msg, err)
		}
	}
}

// TestIPv6Placeholder: an IPv4 field cannot tell an IPv6 address, nor none.
func TestIPv6Placeholder(t *testing.T) {
	for told, want := range map[string]string{
		"[2001:db8::1]:6346":       "127.0.0.0:6346",
		"[::ffff:192.0.2.17]:6346": "192.0.2.17:6346",
		"192.0.2.17:6346":          "192.0.2.17:6346",
	} {
		for _, m := range []Message{&Pong{Addr: addr(told)}, &Push{Addr: addr(told)}} {
			msg, err := Parse(m.Type(), m.AppendTo(nil))
			if err != nil {
				t.Fatal(err)
			}
			got := map[Type]func() string{
				TypePong: func() string { return msg.(*Pong).Addr.String() },
				TypePush: func() string { return msg.(*Push).Addr.String() },
			}[m.Type()]()
			if got != want {
				t.Errorf("%v of %s tells %s, want %s", m.Type(), told, got, want)
			}
		}
	}
	if got := (&Pong{}).AppendTo(nil); !bytes.Equal(got, make([]byte, pongLen)) {
		t.Errorf("no address is told as %x", got)
	}
}
