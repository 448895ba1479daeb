package ggep

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	block := unhex("c382534f40")
	exts, n, err := Parse(append(block, "\x1cbehind"...))
	if err != nil || n != len(block) || len(exts) != 1 || exts[0].ID != SecureOOB || len(exts[0].Data) != 0 {
		t.Errorf("%+v in %d bytes, error %v", exts, n, err)
	}
	if n, err := Len(append(block, 0)); n != len(block) || err != nil {
		t.Errorf("%d bytes, error %v", n, err)
	}
}

// TestLengths tries the borders of one, two and three length bytes.
func TestLengths(t *testing.T) {
	for n, want := range map[int]string{
		0: "40", 63: "7f", 64: "8140", 100: "8164", 4095: "bf7f", 4096: "818040", 65535: "8fbf7f", MaxData: "bfbf7f",
	} {
		if got := fmt.Sprintf("%x", appendLength(nil, n)); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
		block := Append(nil, Extension{ID: "X", Data: bytes.Repeat([]byte{1}, n)})
		exts, used, err := Parse(block)
		if err != nil || used != len(block) || len(exts[0].Data) != n {
			t.Errorf("%d bytes: %d used of %d, error %v", n, used, len(block), err)
		}
	}
	// A length with more bytes than needed is as good.
	if exts, _, err := Parse(unhex("c3815880804101")); err != nil || len(exts[0].Data) != 1 {
		t.Errorf("%+v, error %v", exts, err)
	}
}

// TestParseRefuses: each fault discards the whole block.
func TestParseRefuses(t *testing.T) {
	many := func(n int) []byte {
		return append(append([]byte{Magic}, strings.Repeat("\x01X\x40", n-1)...), "\x81X\x40"...)
	}
	for name, c := range map[string]struct {
		block []byte
		want  error
	}{
		"nothing":                     {nil, ErrMagic},
		"other bytes":                 {[]byte("urn:"), ErrMagic},
		"magic only":                  {unhex("c3"), ErrShort},
		"reserved flag":               {unhex("c3915840"), ErrFlags},
		"no id":                       {unhex("c38040"), ErrID},
		"NUL in id":                   {unhex("c382580040"), ErrID},
		"id cut":                      {unhex("c38358"), ErrShort},
		"no length":                   {unhex("c38158"), ErrShort},
		"length cut":                  {unhex("c3815881"), ErrShort},
		"length with neither mark":    {unhex("c381580100"), ErrLength},
		"length with both marks":      {unhex("c38158c101"), ErrLength},
		"length of four bytes":        {unhex("c3815880808041ff"), ErrLength},
		"data cut":                    {unhex("c381584201"), ErrShort},
		"no last extension":           {unhex("c3015840"), ErrShort},
		"malformed COBS":              {unhex("c3c1584100"), ErrCOBS},
		"COBS of nothing":             {unhex("c3c15840"), ErrCOBS},
		"fault behind a good one":     {unhex("c3015840915840"), ErrFlags},
		"one extension too many":      {many(MaxExtensions + 1), ErrExtensions},
		"very many":                   {many(1000), ErrExtensions},
		"as many as there may be":     {many(MaxExtensions), nil},
		"one less":                    {many(MaxExtensions - 1), nil},
		"id of fifteen":               {append(unhex("c38f"), "ABCDEFGHIJKLMNO\x40"...), nil},
		"deflate is not looked at":    {unhex("c3a1584101"), nil},
		"a NUL in data (not in hits)": {unhex("c381584100"), nil},
	} {
		exts, n, err := Parse(c.block)
		if err != c.want || (err != nil) != (exts == nil) || err != nil && n != 0 || err == nil && n != len(c.block) {
			t.Errorf("%s: %d extensions in %d bytes, error %v, want %v", name, len(exts), n, err, c.want)
		}
		if _, ok := Find(c.block, "X"); ok && c.want != nil {
			t.Errorf("%s: X is found", name)
		}
		if _, err := Len(c.block); err != c.want {
			t.Errorf("%s: Len fails with %v", name, err)
		}
	}
}

func TestFind(t *testing.T) {
	block := Append(nil, Extension{ID: "A", Data: []byte{1}}, Extension{ID: "B"}, Extension{ID: "A", Data: []byte{2}})
	if e, ok := Find(block, "A"); !ok || e.ID != "A" || e.Data[0] != 1 {
		t.Errorf("A is %+v %v", e, ok)
	}
	if e, ok := Find(block, "C"); ok {
		t.Errorf("C is %+v", e)
	}
	var all []byte
	for e := range Each(block, "A") {
		all = append(all, e.Data...)
	}
	if !bytes.Equal(all, []byte{1, 2}) {
		t.Errorf("all A are %x", all)
	}
	exts, _, _ := Parse(block)
	if e, ok := Lookup(exts, "B"); !ok || e.ID != "B" {
		t.Errorf("B is %+v %v", e, ok)
	}
	if e, ok := Lookup(exts, "C"); ok {
		t.Errorf("C is %+v", e)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if _, ok := Find(block, "B"); !ok {
			t.Error("B is gone")
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzGGEP: a block that can be read is written to one that reads the same, and
// reading it allocates in proportion.
func FuzzGGEP(f *testing.F) {
	for _, block := range readGolden(f) {
		f.Add(block)
	}
	f.Add(Append(nil, NewDeflated(PHC, []byte(strings.Repeat("useful.example.net:6346\n", 6)))))
	f.Add(Append(nil, NewDeflated(PHC, make([]byte, 300)), Extension{ID: "X", Data: make([]byte, 300)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var exts []Extension
		var n int
		var err error
		spent := allocated(func() { exts, n, err = Parse(b) })
		if spent > uint64(16*len(b)+64<<10) {
			t.Errorf("%d bytes allocated for %d", spent, len(b))
		}
		if err != nil {
			return
		}
		if n > len(b) || len(exts) == 0 || len(exts) > MaxExtensions {
			t.Fatalf("%d extensions in %d of %d bytes", len(exts), n, len(b))
		}
		stuffed := Append(nil, exts...)
		if bytes.IndexByte(plainParts(stuffed, exts), 0) >= 0 {
			t.Errorf("%x holds a zero byte", stuffed)
		}
		for _, block := range [][]byte{stuffed, AppendPlain(nil, exts...)} {
			again, used, err := Parse(block)
			if err != nil || used != len(block) || len(again) != len(exts) {
				t.Fatalf("%x, written again %x: %d extensions, error %v", b[:n], block, len(again), err)
			}
			for i, e := range exts {
				payload, err := e.Payload()
				payload2, err2 := again[i].Payload()
				if e.ID != again[i].ID || !bytes.Equal(payload, payload2) || err != err2 {
					t.Errorf("%s: %x, error %v; then %s: %x, error %v", e.ID, payload, err, again[i].ID, payload2, err2)
				}
				if limit := max(MaxData, MaxInflated); len(payload) > limit || e.Deflated && len(payload) > MaxInflated {
					t.Errorf("%s has %d bytes", e.ID, len(payload))
				}
			}
		}
	})
}

// plainParts returns a block written by Append, or nothing if an extension came
// with COBS that is not free of zero bytes.
func plainParts(block []byte, exts []Extension) []byte {
	for _, e := range exts {
		if e.COBS && bytes.IndexByte(e.Data, 0) >= 0 {
			return nil
		}
	}
	return block
}

// allocated returns how many bytes f allocates. Others allocate in this process
// too, so the least of some tries counts.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		if least = min(least, after.TotalAlloc-before.TotalAlloc); least < 64<<10 {
			break
		}
	}
	return least
}

func BenchmarkParse(b *testing.B) {
	block := Append(nil, vectors[1].exts...)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Parse(block); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	block := Append(nil, vectors[1].exts...)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Find(block, VC); !ok {
			b.Fatal("VC is gone")
		}
	}
}
