package index

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"filbert/query/keyword"
)

// build indexes entries, which are sorted by ID and become the segment's own.
func build(entries []Entry) *segment {
	s := &segment{entries: entries}
	s.indexSHA1()
	terms := s.indexNames()
	s.sortTerms(terms)
	s.invert()
	return s
}

func (s *segment) indexSHA1() {
	for doc := range s.entries {
		if s.entries[doc].hashed() {
			s.bySHA1 = append(s.bySHA1, uint32(doc))
		}
	}
	slices.SortFunc(s.bySHA1, func(a, b uint32) int {
		return bytes.Compare(s.entries[a].SHA1[:], s.entries[b].SHA1[:])
	})
	s.bySHA1 = slices.Clip(s.bySHA1)
}

// indexNames fills docTerms with the positions of each name's words in the list
// of distinct words it returns, which is not sorted yet.
func (s *segment) indexNames() []string {
	var names []byte
	nameAt := make([]int, 1, len(s.entries)+1)
	for i := range s.entries {
		names = keyword.AppendNormalized(names, s.entries[i].Name)
		nameAt = append(nameAt, len(names))
	}
	text := string(names) // terms are parts of it: none is copied

	var terms []string
	numbers := map[string]uint32{}
	s.docTerms = make([]uint32, 0, len(s.entries)+strings.Count(text, " "))
	s.docTermsAt = make([]uint32, 1, len(s.entries)+1)
	for doc := range s.entries {
		for word := range keyword.Words(text[nameAt[doc]:nameAt[doc+1]]) {
			n, known := numbers[word]
			if !known {
				n = uint32(len(terms))
				numbers[word] = n
				terms = append(terms, word)
			}
			s.docTerms = append(s.docTerms, n)
		}
		s.docTermsAt = append(s.docTermsAt, uint32(len(s.docTerms)))
	}
	return terms
}

// sortTerms makes text of terms in order, and renumbers docTerms accordingly.
func (s *segment) sortTerms(terms []string) {
	order := make([]uint32, len(terms))
	size := 0
	for i, term := range terms {
		order[i] = uint32(i)
		size += len(term)
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(terms[a], terms[b]) })

	var text strings.Builder
	text.Grow(size)
	s.textAt = make([]uint32, 1, len(terms)+1)
	rank := make([]uint32, len(terms))
	for i, n := range order {
		rank[n] = uint32(i)
		text.WriteString(terms[n])
		s.textAt = append(s.textAt, uint32(text.Len()))
	}
	s.text = text.String()

	for i, n := range s.docTerms {
		s.docTerms[i] = rank[n]
	}
	for doc := range s.entries {
		slices.Sort(s.termsOf(uint32(doc)))
	}
}

// invert makes postings of docTerms.
func (s *segment) invert() {
	// Count two places up, so that filling moves each start to its end, which
	// is where the next term starts.
	s.postingsAt = make([]uint32, s.termCount()+2)
	s.eachPosting(func(t, _ uint32) { s.postingsAt[t+2]++ })
	for t := range s.termCount() {
		s.postingsAt[t+2] += s.postingsAt[t+1]
	}
	s.postings = make([]uint32, s.postingsAt[s.termCount()+1])
	s.eachPosting(func(t, doc uint32) {
		s.postings[s.postingsAt[t+1]] = doc
		s.postingsAt[t+1]++
	})
	s.postingsAt = s.postingsAt[:s.termCount()+1]
}

// eachPosting calls f for each distinct term of each doc.
func (s *segment) eachPosting(f func(t, doc uint32)) {
	for doc := range uint32(len(s.entries)) {
		terms := s.termsOf(doc)
		for i, t := range terms {
			if i == 0 || t != terms[i-1] {
				f(t, doc)
			}
		}
	}
}
