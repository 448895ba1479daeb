package ggep

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestCOBS(t *testing.T) {
	ones := func(n int) string { return strings.Repeat("01", n) }
	for _, c := range []struct{ plain, coded string }{
		{"", "01"},
		{"00", "0101"},
		{"0000", "010101"},
		{"11220033", "0311220233"},
		{"11000000", "0211010101"},
		{"0000004001", "010101034001"},
		{ones(253), "fe" + ones(253)},
		{ones(254), "ff" + ones(254)},
		{ones(255), "ff" + ones(254) + "0201"},
		{ones(254) + "00", "ff" + ones(254) + "0101"},
		{"00" + ones(254), "01" + "ff" + ones(254)},
		{ones(508), "ff" + ones(254) + "ff" + ones(254)},
		{ones(254) + "0000", "ff" + ones(254) + "010101"},
	} {
		plain, coded := unhex(c.plain), unhex(c.coded)
		if got := EncodeCOBS([]byte{7}, plain); !bytes.Equal(got, append([]byte{7}, coded...)) {
			t.Errorf("%s encodes to %x, want 07%s", c.plain, got, c.coded)
		}
		if got, err := DecodeCOBS([]byte{7}, coded); err != nil || !bytes.Equal(got, append([]byte{7}, plain...)) {
			t.Errorf("%s decodes to %x, error %v, want 07%s", c.coded, got, err, c.plain)
		}
	}
	// Others end a full run with a final 01.
	if got, err := DecodeCOBS(nil, unhex("ff"+ones(254)+"01")); err != nil || len(got) != 254 {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
}

func TestCOBSRefuses(t *testing.T) {
	for _, coded := range []string{"", "00", "02", "0311", "010301", "0201ff"} {
		if got, err := DecodeCOBS([]byte{7}, unhex(coded)); !errors.Is(err, ErrCOBS) || !bytes.Equal(got, []byte{7}) {
			t.Errorf("%q decodes to %x, error %v", coded, got, err)
		}
	}
}

// FuzzCOBS: data comes back, its code holds no zero byte and little more than
// the data; and what decodes is what some data encodes to, a final 01 aside.
func FuzzCOBS(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 1})
	f.Add([]byte("\x03\x11\x22\x02\x33"))
	f.Add(bytes.Repeat([]byte{1}, 254))
	f.Add(append([]byte{255}, bytes.Repeat([]byte{1}, 255)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		coded := EncodeCOBS(nil, data)
		if bytes.IndexByte(coded, 0) >= 0 || len(coded) > len(data)+len(data)/maxRun+1 {
			t.Errorf("%x encodes to %x", data, coded)
		}
		if back, err := DecodeCOBS(nil, coded); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%x comes back as %x, error %v", data, back, err)
		}
		plain, err := DecodeCOBS(nil, data)
		if err != nil {
			return
		}
		if len(plain) >= len(data) {
			t.Errorf("%d bytes decode to %d", len(data), len(plain))
		}
		if bytes.IndexByte(data, 0) >= 0 { // zero bytes inside runs are let through
			return
		}
		if again := EncodeCOBS(nil, plain); !bytes.Equal(again, data) && !bytes.Equal(append(again, 1), data) {
			t.Errorf("%x decodes to %x, which encodes to %x", data, plain, again)
		}
	})
}

func BenchmarkDecodeCOBS(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 180) // thirty packed hosts
	for i := range data {
		data[i] = byte(r.IntN(64))
	}
	coded, buf := EncodeCOBS(nil, data), make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCOBS(buf, coded); err != nil {
			b.Fatal(err)
		}
	}
}
