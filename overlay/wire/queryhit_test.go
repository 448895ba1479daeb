package wire

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"filbert/overlay/wire/ggep"
)

// TestRecordSizes: every size comes back, as long as LF goes with large ones.
func TestRecordSizes(t *testing.T) {
	lf := func(size int64) []byte { return AppendGGEP(nil, LargeFile(size)) }
	for _, c := range []struct {
		size int64
		ext  []byte
		want int64
	}{
		{0, nil, 0},
		{1<<31 - 1, nil, 1<<31 - 1},
		{1 << 31, nil, 1 << 31}, // LimeWire would want LF
		{1 << 31, lf(1 << 31), 1 << 31},
		{1<<32 - 1, lf(1<<32 - 1), 1<<32 - 1},
		{1 << 32, lf(1 << 32), 1 << 32},
		{5 << 30, AppendGGEP([]byte("urn:sha1:x"), ggep.Extension{ID: ggep.TLS}, LargeFile(5<<30)), 5 << 30},
		{math.MaxInt64, lf(math.MaxInt64), math.MaxInt64},
		{1 << 40, nil, 1<<32 - 1},            // nobody told
		{1 << 40, lf(1 << 30), 1<<32 - 1},    // not a large file
		{1 << 40, lf(-1), 1<<32 - 1},         // not a size
		{12, lf(5 << 30), 12},                // not asked for
		{1<<32 - 2, lf(5 << 30), 1<<32 - 2},  // not asked for
		{1 << 40, []byte("\xc3"), 1<<32 - 1}, // malformed
	} {
		hit := &QueryHit{Records: []Record{{Size: c.size, Name: "x", Ext: c.ext}}}
		msg, err := Parse(TypeQueryHit, hit.AppendTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got := msg.(*QueryHit).Records[0].Size; got != c.want {
			t.Errorf("%d bytes with %x are read as %d, want %d", c.size, c.ext, got, c.want)
		}
	}
}

// TestRecordLimit: no more records than the count byte can tell.
func TestRecordLimit(t *testing.T) {
	for _, n := range []int{1, MaxRecords - 1, MaxRecords, MaxRecords + 1} {
		hit := &QueryHit{Records: make([]Record, n), Trailer: Trailer{Rest: []byte("rest")}}
		for i := range hit.Records {
			hit.Records[i] = Record{Index: uint32(i), Name: strings.Repeat("n", 1+i%9)}
		}
		msg, err := Parse(TypeQueryHit, hit.AppendTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		got := msg.(*QueryHit)
		if len(got.Records) != min(n, MaxRecords) || got.Records[len(got.Records)-1].Index != uint32(len(got.Records)-1) ||
			string(got.Trailer.Rest) != "rest" {
			t.Errorf("%d of %d records, trailer %q", len(got.Records), n, got.Trailer.Rest)
		}
	}
}

func TestParseHitHeadAllocatesNothing(t *testing.T) {
	payload := messageVectors()[11].msg.AppendTo(nil)
	if allocs := testing.AllocsPerRun(100, func() {
		if head, err := ParseHitHead(payload); head.Count != 1 || err != nil {
			t.Errorf("%+v, error %v", head, err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestCheckHit: a relay refuses what a reader refuses, and nothing else, at no
// cost.
func TestCheckHit(t *testing.T) {
	whole := benchmarkHit()
	cases := [][]byte{whole, nil, whole[:minHit-1], whole[:len(whole)/2]}
	for _, count := range []byte{0, 1, 9, 11, 255} {
		lie := bytes.Clone(whole)
		lie[0] = count
		cases = append(cases, lie)
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] = 0
		filled := bytes.Clone(whole)
		filled[i] |= 1
		cases = append(cases, changed, filled)
	}
	refused := 0
	for _, payload := range cases {
		head, err := CheckHit(payload)
		_, want := Parse(TypeQueryHit, payload)
		if (err == nil) != (want == nil) {
			t.Fatalf("%x: checked: %v; parsed: %v", payload, err, want)
		}
		if err != nil {
			refused++
		} else if parsed, _ := ParseHitHead(payload); parsed != head {
			t.Errorf("%x: head %+v, want %+v", payload, head, parsed)
		}
	}
	if refused < 10 {
		t.Errorf("only %d of %d were refused", refused, len(cases))
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if _, err := CheckHit(whole); err != nil {
			t.Error(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// benchmarkHit is a hit of ten records, as a servent sends it.
func benchmarkHit() []byte {
	hit := &QueryHit{Addr: addr("192.0.2.17:6346"), Trailer: Trailer{Vendor: VendorCode{'T', 'E', 'S', 'T'}}}
	for i := range 10 {
		hit.Records = append(hit.Records, Record{
			Index: uint32(i), Size: 5 << 20, Name: "some artist - some album - some title.ogg", Ext: AppendSHA1(nil, [20]byte{byte(i)}),
		})
	}
	return hit.AppendTo(nil)
}

func BenchmarkParseQueryHit(b *testing.B) {
	payload := benchmarkHit()
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(TypeQueryHit, payload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckHit(b *testing.B) {
	payload := benchmarkHit()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CheckHit(payload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseHitHead(b *testing.B) {
	payload := benchmarkHit()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseHitHead(payload); err != nil {
			b.Fatal(err)
		}
	}
}
