package index

import (
	"slices"
	"strings"
	"testing"
)

// TestFind compares the terms found with those of a plain search.
func TestFind(t *testing.T) {
	for _, words := range []int{1, 2, 3, 40, 1000} {
		c := newCorpus(uint64(words), words)
		s := build(c.entries(0, words))
		var terms []string
		for i := range s.termCount() {
			terms = append(terms, s.term(i))
		}
		if !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) {
			t.Fatalf("terms %q are not sorted and distinct", terms)
		}
		prefixes := append(slices.Clone(terms), "", "0", "a", "b", "m", "mi", "z", "zz", "zzzz", "\xff", "日")
		for _, p := range prefixes {
			var want span
			has := func(term string) bool { return strings.HasPrefix(term, p) }
			want.lo = uint32(max(0, slices.IndexFunc(terms, has)))
			for want.hi = want.lo; int(want.hi) < len(terms) && has(terms[want.hi]); want.hi++ {
			}
			if want.lo == want.hi {
				want = span{}
			}
			if got, ok := s.find(p); got != want || ok != (want.hi > 0) {
				t.Errorf("%d words: find(%q) = %v, %v, want %v", words, p, got, ok, want)
			}
		}
		for i := range s.termCount() {
			for pos := s.postingsAt[i]; pos < s.postingsAt[i+1]; pos++ {
				if got := s.termOfPosting(span{0, s.termCount()}, pos); got != i {
					t.Fatalf("posting %d is of term %d, want %d", pos, got, i)
				}
			}
		}
	}
}

func TestFindInNothing(t *testing.T) {
	s := build([]Entry{{Name: "..."}})
	if sp, ok := s.find(""); ok {
		t.Errorf("found %v among no terms", sp)
	}
}
