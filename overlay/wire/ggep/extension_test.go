package ggep

import (
	"bytes"
	"compress/zlib"
	"errors"
	"strings"
	"testing"

	"filbert/overlay/deflate"
)

// TestZeroBytes: Append keeps zero bytes out of a block, AppendPlain lets them in.
func TestZeroBytes(t *testing.T) {
	e := Extension{ID: "X", Data: []byte{1, 0, 2}}
	stuffed, plain := Append(nil, e), AppendPlain(nil, e)
	if want := unhex("c3c1584402010202"); !bytes.Equal(stuffed, want) {
		t.Errorf("%x, want %x", stuffed, want)
	}
	if want := unhex("c3815843010002"); !bytes.Equal(plain, want) {
		t.Errorf("%x, want %x", plain, want)
	}
	for _, block := range [][]byte{stuffed, plain} {
		exts, _, err := Parse(block)
		if err != nil {
			t.Fatal(err)
		}
		if payload, err := exts[0].Payload(); err != nil || !bytes.Equal(payload, e.Data) {
			t.Errorf("%x reads %x, error %v", block, payload, err)
		}
	}
	if got := Append([]byte("before")); string(got) != "before" {
		t.Errorf("no extensions make %q", got)
	}
}

func TestAppendRefuses(t *testing.T) {
	for name, e := range map[string]Extension{
		"no id":         {},
		"id too long":   {ID: "ABCDEFGHIJKLMNOP"},
		"data too long": {ID: "X", Data: make([]byte, MaxData+1)},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			AppendPlain(nil, e)
		}()
	}
}

func TestDeflate(t *testing.T) {
	hosts := strings.Repeat("useful.example.net:6346\n", 6)
	// As another servent deflated it.
	exts, _, err := Parse(unhex("c3a350484363789c2b2d4e4d2bcdd14bad48cc2dc849d5cb4b2db132333631e32a1d2071004aaa315d"))
	if err != nil || exts[0].ID != PHC || !exts[0].Deflated {
		t.Fatalf("%+v, error %v", exts, err)
	}
	if got, err := exts[0].Payload(); err != nil || string(got) != hosts {
		t.Errorf("%q, error %v", got, err)
	}
	for _, c := range []struct {
		payload  string
		deflated bool
	}{
		{hosts, true}, {strings.Repeat("\x00", 1000), true}, {"short", false}, {"incompressible", false}, {"", false},
	} {
		exts, _, err := Parse(Append(nil, NewDeflated(PHC, []byte(c.payload))))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := exts[0].Payload(); err != nil || string(got) != c.payload || exts[0].Deflated != c.deflated {
			t.Errorf("%q comes back as %q, deflated %v, error %v", c.payload, got, exts[0].Deflated, err)
		}
	}
}

// TestInflateLimits inflates payloads of zero bytes, the most compressible ones,
// and text around the caps.
func TestInflateLimits(t *testing.T) {
	text := func(n int) []byte { // deflates to about a third
		var b bytes.Buffer
		for i := 0; b.Len() < n; i++ {
			b.WriteString(strings.Repeat(string(rune('a'+i*i%26)), 1+i%5) + "\n")
			b.WriteByte(byte(i * 7919 >> 3))
		}
		return b.Bytes()[:n]
	}
	for _, c := range []struct {
		name    string
		payload []byte
		want    error
	}{
		{"allowance - 1", make([]byte, InflateAllowance-1), nil},
		{"allowance", make([]byte, InflateAllowance), nil},
		{"allowance + 1", make([]byte, InflateAllowance+1), ErrInflated},
		{"bomb", make([]byte, 5<<20), ErrInflated},
		{"cap - 1", text(MaxInflated - 1), nil},
		{"cap", text(MaxInflated), nil},
		{"cap + 1", text(MaxInflated + 1), ErrInflated},
	} {
		e := Extension{ID: PHC, Data: deflate.Deflate(nil, c.payload), Deflated: true}
		var got []byte
		var err error
		spent := allocated(func() { got, err = e.Payload() })
		if !errors.Is(err, c.want) || err == nil && !bytes.Equal(got, c.payload) {
			t.Errorf("%s: %d of %d bytes, error %v", c.name, len(got), len(c.payload), err)
		}
		if spent > 6*MaxInflated {
			t.Errorf("%s: %d bytes allocated", c.name, spent)
		}
	}
}

func TestPayloadRefuses(t *testing.T) {
	var unfinished bytes.Buffer
	z := zlib.NewWriter(&unfinished)
	z.Write([]byte("some text"))
	z.Flush()
	for name, c := range map[string]struct {
		e    Extension
		want error
	}{
		"COBS":               {Extension{Data: []byte{0}, COBS: true}, ErrCOBS},
		"no zlib":            {Extension{Data: []byte("text"), Deflated: true}, ErrDeflate},
		"nothing deflated":   {Extension{Deflated: true}, ErrDeflate},
		"unfinished":         {Extension{Data: unfinished.Bytes(), Deflated: true}, ErrDeflate},
		"bad checksum":       {Extension{Data: unhex("789c4bcecb0700025c00ff"), Deflated: true}, ErrDeflate},
		"COBS of no zlib":    {Extension{Data: []byte("\x05text"), COBS: true, Deflated: true}, ErrDeflate},
		"malformed COBS too": {Extension{Data: []byte("\x09text"), COBS: true, Deflated: true}, ErrCOBS},
	} {
		if got, err := c.e.Payload(); err != c.want || got != nil {
			t.Errorf("%s: %q, error %v, want %v", name, got, err, c.want)
		}
	}
}
