package index

import (
	"bytes"
	"slices"
	"strings"
)

// segment is an immutable index of some files. A doc is a position in entries,
// a term one in the sorted list of distinct words. Where a list of lists is
// flat, the list of i is flat[at[i]:at[i+1]].
type segment struct {
	entries []Entry  // by ID
	bySHA1  []uint32 // docs whose SHA-1 is known, by SHA-1

	text   string // all terms, one behind the other
	textAt []uint32

	postings   []uint32 // docs of each term, ascending
	postingsAt []uint32

	docTerms   []uint32 // terms of each doc, ascending, repeated as in its name
	docTermsAt []uint32
}

// span is the range lo <= term < hi.
type span struct{ lo, hi uint32 }

func (s *segment) term(t uint32) string { return s.text[s.textAt[t]:s.textAt[t+1]] }

func (s *segment) termCount() uint32 { return uint32(len(s.textAt) - 1) }

func (s *segment) termsOf(doc uint32) []uint32 {
	return s.docTerms[s.docTermsAt[doc]:s.docTermsAt[doc+1]]
}

// postingsOf returns the range in postings of the terms of sp: one item for
// each of these terms in each doc.
func (s *segment) postingsOf(sp span) (from, to uint32) {
	return s.postingsAt[sp.lo], s.postingsAt[sp.hi]
}

// find returns the terms that begin with prefix, ok false if there are none.
func (s *segment) find(prefix string) (_ span, ok bool) {
	end := s.termCount()
	lo, hi := uint32(0), end
	for lo < hi {
		if mid := (lo + hi) / 2; s.term(mid) < prefix {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == end || !strings.HasPrefix(s.term(lo), prefix) {
		return span{}, false
	}
	// Few terms share a beginning, so look near first. The term before hi has
	// the prefix; the one at limit has not.
	hi = lo + 1
	limit := end
	for step := uint32(1); hi+step < end; step *= 2 {
		if !strings.HasPrefix(s.term(hi+step), prefix) {
			limit = hi + step
			break
		}
		hi += step + 1
	}
	for hi < limit {
		if mid := (hi + limit) / 2; strings.HasPrefix(s.term(mid), prefix) {
			hi = mid + 1
		} else {
			limit = mid
		}
	}
	return span{lo, hi}, true
}

// termOfPosting returns the term of sp in whose postings position pos lies.
func (s *segment) termOfPosting(sp span, pos uint32) uint32 {
	i, found := slices.BinarySearch(s.postingsAt[sp.lo:sp.hi], pos)
	if !found {
		i--
	}
	return sp.lo + uint32(i)
}

// docOf returns the doc with that ID.
func (s *segment) docOf(id uint32) (doc uint32, ok bool) {
	i, ok := slices.BinarySearchFunc(s.entries, id, func(e Entry, id uint32) int {
		switch {
		case e.ID < id:
			return -1
		case e.ID > id:
			return 1
		}
		return 0
	})
	return uint32(i), ok
}

// docsOf returns the docs with that SHA-1.
func (s *segment) docsOf(sum *[20]byte) []uint32 {
	compare := func(doc uint32, sum *[20]byte) int { return bytes.Compare(s.entries[doc].SHA1[:], sum[:]) }
	from, found := slices.BinarySearchFunc(s.bySHA1, sum, compare)
	if !found {
		return nil
	}
	n, _ := slices.BinarySearchFunc(s.bySHA1[from:], sum, func(doc uint32, sum *[20]byte) int {
		return compare(doc, sum) - 1 // first that is greater
	})
	return s.bySHA1[from : from+n]
}
