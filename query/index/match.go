package index

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"filbert/query/keyword"
)

// Match appends the files that match q to dst, limit at most, and returns the
// extended slice. The entries must not be changed. Which files are found, when
// there are more than limit, and in what order, is drawn from rnd, so that a
// repeated query finds others. A query that needs too many steps ends early
// with what it has (see Cutoffs). Nothing is allocated but room in dst.
func (x *Index) Match(dst []*Entry, q *Query, rnd *rand.Rand, limit int) []*Entry {
	if limit <= 0 {
		return dst
	}
	m := matcher{
		query: q,
		words: q.Words[:min(len(q.Words), keyword.MaxWords)],
		sums:  q.SHA1s[:min(len(q.SHA1s), MaxSHA1s)],
		parts: x.current.Load().parts,
		rnd:   rnd,
		found: dst,
		full:  len(dst) + limit,
		steps: maxSteps,
	}
	m.matchSHA1s()
	if len(m.words) > 0 {
		m.matchWords()
	}
	if m.steps <= 0 && len(m.found) < m.full {
		x.cutoffs.Add(1)
	}
	return m.found
}

// matcher is the work of one query.
type matcher struct {
	query *Query
	words []keyword.Word
	sums  [][20]byte
	parts []part
	rnd   *rand.Rand
	found []*Entry
	full  int // length of found at which enough are found
	steps int // left
}

// done reports whether the query has enough or must end.
func (m *matcher) done() bool { return len(m.found) >= m.full || m.steps <= 0 }

// matchSHA1s finds the files whose hash is wanted.
func (m *matcher) matchSHA1s() {
	for i := range m.sums {
		if slices.Contains(m.sums[:i], m.sums[i]) {
			continue
		}
		for j := range m.parts {
			if m.steps -= findSteps; m.done() {
				return
			}
			p := &m.parts[j]
			docs := p.docsOf(&m.sums[i])
			if len(docs) == 0 {
				continue
			}
			for start, k := m.rnd.IntN(len(docs)), 0; k < len(docs); k++ {
				doc := docs[(start+k)%len(docs)]
				if !p.isDead(doc) && m.query.accepts(&p.entries[doc]) {
					m.found = append(m.found, &p.entries[doc])
				}
				if m.steps -= candidateSteps; m.done() {
					return
				}
			}
		}
	}
}

// matchWords finds the files that have all words and were not found by their
// hash. It begins with a part drawn by the number of its candidates.
func (m *matcher) matchWords() {
	var candidates [maxParts]uint64
	var total uint64
	var spans spans
	for i := range m.parts {
		if rarest, ok := m.findWords(&m.parts[i], &spans); ok {
			from, to := m.parts[i].postingsOf(spans[rarest])
			candidates[i] = uint64(to - from)
			total += candidates[i]
		}
	}
	if total == 0 {
		return
	}
	first, draw := 0, m.rnd.Uint64N(total)
	for ; draw >= candidates[first]; first++ {
		draw -= candidates[first]
	}
	for k := range m.parts {
		i := (first + k) % len(m.parts)
		if candidates[i] == 0 {
			continue
		}
		if m.done() {
			return
		}
		if rarest, ok := m.findWords(&m.parts[i], &spans); ok {
			m.walk(&m.parts[i], &spans, rarest)
		}
	}
}

// spans holds the terms of each word of a query in one segment.
type spans [keyword.MaxWords]span

// findWords looks the words up in p and returns the one with the fewest
// candidates, ok false if a word has none.
func (m *matcher) findWords(p *part, spans *spans) (rarest int, ok bool) {
	fewest := ^uint32(0)
	for i := range m.words {
		if m.steps -= findSteps; m.steps <= 0 {
			return 0, false
		}
		sp, ok := p.find(m.words[i].Text)
		if !ok {
			return 0, false
		}
		spans[i] = sp
		if from, to := p.postingsOf(sp); to-from < fewest {
			rarest, fewest = i, to-from
		}
	}
	return rarest, true
}

// walk takes the candidates of the rarest word in a random order: as a ring of
// chunks, cut open at a random place, entered by a random odd stride modulo the
// next power of two. That order needs no memory and takes each once.
func (m *matcher) walk(p *part, spans *spans, rarest int) {
	from, to := p.postingsOf(spans[rarest])
	n := to - from
	open := m.rnd.Uint32N(n)
	chunks := (n + chunkLen - 1) / chunkLen
	mask := uint32(1)<<bits.Len32(chunks-1) - 1
	stride := m.rnd.Uint32() | 1
	chunk := m.rnd.Uint32()
	for range uint64(mask) + 1 {
		if chunk = (chunk + stride) & mask; chunk >= chunks {
			continue
		}
		for i := chunk * chunkLen; i < min(n, (chunk+1)*chunkLen); i++ {
			pos := open + i
			if pos >= n {
				pos -= n
			}
			if m.candidate(p, spans, rarest, from+pos); m.done() {
				return
			}
		}
	}
}

// candidate appends the file at position pos of the postings if it matches.
func (m *matcher) candidate(p *part, spans *spans, rarest int, pos uint32) {
	m.steps -= candidateSteps
	doc := p.postings[pos]
	if p.isDead(doc) {
		return
	}
	terms := p.termsOf(doc)
	repeated := false // the rarest word begins several words of the name
	for i := range m.words {
		m.steps -= termSteps * len(terms)
		n := countIn(terms, spans[i])
		if n < max(1, m.words[i].Count) {
			return
		}
		if i == rarest {
			repeated = n > 1
		}
	}
	e := &p.entries[doc]
	if !m.query.accepts(e) || m.foundBySHA1(e) {
		return
	}
	if repeated {
		// Of a file's postings in the span, only that of its first term counts.
		m.steps -= repeatSteps
		if sp := spans[rarest]; p.termOfPosting(sp, pos) != firstIn(terms, sp) {
			return
		}
	}
	m.found = append(m.found, e)
}

// foundBySHA1 reports whether e was found by its hash before.
func (m *matcher) foundBySHA1(e *Entry) bool {
	return len(m.sums) > 0 && e.hashed() && slices.Contains(m.sums, e.SHA1)
}

// countIn returns how many of the terms lie in sp.
func countIn(terms []uint32, sp span) (n int) {
	width := sp.hi - sp.lo
	for _, t := range terms {
		if t-sp.lo < width {
			n++
		}
	}
	return n
}

// firstIn returns the least of the ascending terms in sp; there is one.
func firstIn(terms []uint32, sp span) uint32 {
	i, _ := slices.BinarySearch(terms, sp.lo)
	return terms[i]
}
