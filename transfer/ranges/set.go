package ranges

import (
	"iter"
	"slices"
	"sort"
	"strings"
)

// Set is a set of bytes kept as intervals in order, apart from one another and
// not empty. The zero value is the empty set. Add and Remove take O(log n) to
// find the place and at most one move of the intervals behind it.
//
// A Set shares its intervals with its copies: Clone it before changing one.
type Set struct {
	intervals []Range
	bytes     int64 // sum of the lengths of intervals
}

// Add puts the bytes of r into the set. It reports false, and leaves the set
// as it was, if the set would then have more than MaxIntervals intervals.
func (s *Set) Add(r Range) bool {
	if r.Empty() {
		return true
	}
	i, j := s.touching(r)
	if i == j {
		if len(s.intervals) >= MaxIntervals {
			return false
		}
		s.intervals = slices.Insert(s.intervals, i, r)
		s.bytes += r.Len()
		return true
	}
	merged := Range{min(r.Start, s.intervals[i].Start), max(r.End, s.intervals[j-1].End)}
	s.bytes += merged.Len() - length(s.intervals[i:j])
	s.intervals[i] = merged
	s.intervals = slices.Delete(s.intervals, i+1, j)
	return true
}

// Remove takes the bytes of r out of the set. If that would cut an interval in
// two and the set already has MaxIntervals, the shorter piece goes too: a set
// that names fewer bytes than are there costs a second fetch, nothing else.
func (s *Set) Remove(r Range) {
	if r.Empty() {
		return
	}
	i := s.after(r.Start)
	j := i + sort.Search(len(s.intervals)-i, func(k int) bool { return s.intervals[i+k].Start >= r.End })
	if i == j {
		return
	}
	left := Range{s.intervals[i].Start, r.Start}
	right := Range{r.End, s.intervals[j-1].End}
	s.bytes -= length(s.intervals[i:j])
	if j-i == 1 && !left.Empty() && !right.Empty() && len(s.intervals) >= MaxIntervals {
		if left.Len() < right.Len() {
			left = Range{}
		} else {
			right = Range{}
		}
	}
	kept := make([]Range, 0, 2)
	for _, piece := range []Range{left, right} {
		if !piece.Empty() {
			kept = append(kept, piece)
			s.bytes += piece.Len()
		}
	}
	s.intervals = slices.Replace(s.intervals, i, j, kept...)
}

// Contains reports whether every byte of r is in the set.
func (s *Set) Contains(r Range) bool {
	if r.Empty() {
		return true
	}
	i := s.after(r.Start)
	return i < len(s.intervals) && s.intervals[i].Contains(r)
}

// And is the bytes that are in both s and o.
func (s *Set) And(o *Set) *Set {
	both := new(Set)
	for i, j := 0, 0; i < len(s.intervals) && j < len(o.intervals); {
		a, b := s.intervals[i], o.intervals[j]
		both.Add(Range{max(a.Start, b.Start), min(a.End, b.End)})
		if a.End < b.End {
			i++
		} else {
			j++
		}
	}
	return both
}

// Len is the number of bytes in the set.
func (s *Set) Len() int64 { return s.bytes }

// Intervals is the number of intervals in the set, at most MaxIntervals.
func (s *Set) Intervals() int { return len(s.intervals) }

// All yields the intervals in order. The set must not change meanwhile.
func (s *Set) All() iter.Seq[Range] { return slices.Values(s.intervals) }

// Gaps yields, in order, the intervals of [0, size) that are not in the set.
// The set must not change meanwhile.
func (s *Set) Gaps(size int64) iter.Seq[Range] {
	return func(yield func(Range) bool) {
		at := int64(0)
		for _, r := range s.intervals {
			if r.Start >= size {
				break
			}
			if gap := (Range{at, r.Start}); !gap.Empty() && !yield(gap) {
				return
			}
			at = max(at, r.End)
		}
		if at < size {
			yield(Range{at, size})
		}
	}
}

// Equal reports whether s and o hold the same bytes.
func (s *Set) Equal(o *Set) bool { return slices.Equal(s.intervals, o.intervals) }

// Clone is a copy of s that shares nothing with it.
func (s *Set) Clone() Set { return Set{slices.Clone(s.intervals), s.bytes} }

// String lists the intervals, for logs and tests.
func (s *Set) String() string {
	var b strings.Builder
	for i, r := range s.intervals {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(r.String())
	}
	return b.String()
}

// touching is the span [i, j) of the intervals that overlap r or stand next to
// it; i == j is the place where r belongs if there are none.
func (s *Set) touching(r Range) (i, j int) {
	i = sort.Search(len(s.intervals), func(k int) bool { return s.intervals[k].End >= r.Start })
	j = i + sort.Search(len(s.intervals)-i, func(k int) bool { return s.intervals[i+k].Start > r.End })
	return i, j
}

// after is the first interval that ends behind the byte at offset at.
func (s *Set) after(at int64) int {
	return sort.Search(len(s.intervals), func(k int) bool { return s.intervals[k].End > at })
}

// length is the number of bytes in rs.
func length(rs []Range) int64 {
	var n int64
	for _, r := range rs {
		n += r.Len()
	}
	return n
}
