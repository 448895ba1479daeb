package ranges

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func setOf(rs ...Range) Set {
	var s Set
	for _, r := range rs {
		s.Add(r)
	}
	return s
}

func TestSetMergesWhatTouches(t *testing.T) {
	s := setOf(Range{10, 20}, Range{30, 40}, Range{20, 25}, Range{0, 0}, Range{9, 3})
	if got, want := slices.Collect(s.All()), []Range{{10, 25}, {30, 40}}; !slices.Equal(got, want) {
		t.Fatalf("intervals %v, want %v", got, want)
	}
	if got, want := slices.Collect(s.Gaps(35)), []Range{{0, 10}, {25, 30}}; !slices.Equal(got, want) {
		t.Fatalf("gaps %v, want %v", got, want)
	}
	s.Add(Range{0, 100})
	if s.Intervals() != 1 || s.Len() != 100 || s.String() != "[0,100)" {
		t.Fatalf("%v, %d intervals, %d bytes", &s, s.Intervals(), s.Len())
	}
	s.Remove(Range{40, 60})
	if s.String() != "[0,40) [60,100)" || s.Len() != 80 {
		t.Fatalf("%v, %d bytes", &s, s.Len())
	}
}

func TestCloneIsApart(t *testing.T) {
	s := setOf(Range{0, 10}, Range{20, 30})
	c := s.Clone()
	c.Add(Range{5, 25})
	if s.String() != "[0,10) [20,30)" || c.String() != "[0,30)" || s.Equal(&c) {
		t.Fatalf("%v and %v", &s, &c)
	}
}

// TestSetCap fills a set up to its cap with every second byte.
func TestSetCap(t *testing.T) {
	var s Set
	for i := range int64(MaxIntervals) {
		if !s.Add(Range{2 * i, 2*i + 1}) {
			t.Fatalf("interval %d of %d refused", i+1, MaxIntervals)
		}
	}
	beyond := Range{2 * MaxIntervals, 2*MaxIntervals + 1}
	before := s.Clone()
	if s.Add(beyond) || !s.Equal(&before) {
		t.Fatalf("interval %d was taken, or changed the set", MaxIntervals+1)
	}
	if !s.Add(Range{1, 2}) || s.Intervals() != MaxIntervals-1 {
		t.Fatalf("what closes a gap was refused at the cap")
	}
	s.Remove(Range{1, 2})
	s.Add(Range{beyond.Start - 1, beyond.End + 9}) // the last interval is now long
	s.Remove(Range{beyond.Start, beyond.Start + 1})
	if s.Intervals() != MaxIntervals || s.Contains(Range{beyond.Start - 2, beyond.Start}) || !s.Contains(Range{beyond.Start + 1, beyond.End + 9}) {
		t.Fatalf("a cut at the cap must drop the shorter piece: %d intervals", s.Intervals())
	}
}

// TestSetModel drives a Set and a bitmap with the same changes.
func TestSetModel(t *testing.T) {
	const size = 64
	rapid.Check(t, func(t *rapid.T) {
		var s Set
		var bitmap [size]bool
		anyRange := rapid.Custom(func(t *rapid.T) Range {
			return Range{rapid.Int64Range(0, size).Draw(t, "start"), rapid.Int64Range(0, size).Draw(t, "end")}
		})
		mark := func(r Range, to bool) {
			for i := r.Start; i < r.End; i++ {
				bitmap[i] = to
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				r := anyRange.Draw(t, "r")
				s.Add(r)
				mark(r, true)
			},
			"remove": func(t *rapid.T) {
				r := anyRange.Draw(t, "r")
				s.Remove(r)
				mark(r, false)
			},
			"contains": func(t *rapid.T) {
				r := anyRange.Draw(t, "r")
				if want := r.Empty() || !slices.Contains(bitmap[r.Start:r.End], false); s.Contains(r) != want {
					t.Fatalf("%v contains %v: %v, want %v", &s, r, !want, want)
				}
			},
			"": func(t *rapid.T) { compare(t, &s, bitmap[:]) },
		})
	})
}

// compare holds the set against the bitmap: the bytes, their number, the
// order and the distance of the intervals, and the gaps.
func compare(t *rapid.T, s *Set, bitmap []bool) {
	got := make([]bool, len(bitmap))
	end := int64(-1)
	for r := range s.All() {
		if r.Empty() || r.Start <= end {
			t.Fatalf("%v is out of order", s)
		}
		end = r.End
		for i := r.Start; i < r.End; i++ {
			got[i] = true
		}
	}
	if !slices.Equal(got, bitmap) {
		t.Fatalf("%v is not the bitmap", s)
	}
	var n int64
	for _, have := range bitmap {
		if have {
			n++
		}
	}
	if s.Len() != n {
		t.Fatalf("%v: Len %d, want %d", s, s.Len(), n)
	}
	for size := range int64(len(bitmap) + 1) {
		whole := setOf(slices.Collect(s.Gaps(size))...)
		for r := range s.All() {
			whole.Add(Range{r.Start, min(r.End, size)})
		}
		if whole.Len() != size || whole.Intervals() > 1 {
			t.Fatalf("%v and its gaps in %d bytes are %v", s, size, &whole)
		}
	}
}

func BenchmarkSetAdd(b *testing.B) {
	b.ReportAllocs()
	const block = 128 << 10
	var s Set
	for i := range b.N {
		k := int64(i) % (2 * MaxIntervals)
		if k == 0 {
			s = Set{}
		}
		// even blocks first, then the odd ones close the gaps
		at := k * 2 % (2 * MaxIntervals)
		if k >= MaxIntervals {
			at++
		}
		s.Add(Range{at * block, (at + 1) * block})
	}
}
