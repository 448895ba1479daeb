package space

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"filbert/overlay/identity"
	"filbert/query"
	"filbert/query/index"
	"filbert/query/keyword"
	"filbert/transfer/urn"
)

// listing is what the other members have, by their word. One goroutine changes it.
type listing struct {
	index *index.Index

	mu    sync.RWMutex
	files map[uint32]listedFile // by their number in the index; at most maxListed
	of    map[identity.PeerID]*listedMember
	next  uint32 // of the numbers
}

type listedFile struct {
	by     identity.PeerID
	blake3 urn.Blake3
}

type listedMember struct {
	read  uint64              // number of the last item that was read
	count int                 // of its files, at most maxListedEach
	pages map[string][]uint32 // numbers of its files, by the name of the page
}

func newListing() *listing {
	return &listing{index: index.New(), files: map[uint32]listedFile{}, of: map[identity.PeerID]*listedMember{}}
}

// upTo is the number of the last item of a member that was read.
func (l *listing) upTo(by identity.PeerID) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if m := l.of[by]; m != nil {
		return m.read
	}
	return 0
}

// page is a page of a member as the board has it.
type page struct {
	name     string
	sequence uint64
	files    []Listed
}

// take puts pages of a member in place of those it had, and says how many files there was no
// room for.
func (l *listing) take(by identity.PeerID, taken []page) (left int) {
	l.mu.Lock()
	m := l.of[by]
	if m == nil {
		m = &listedMember{pages: map[string][]uint32{}}
		l.of[by] = m
	}
	var gone []uint32
	var come []index.Entry
	for _, p := range taken {
		m.read = max(m.read, p.sequence)
		old := m.pages[p.name]
		gone = append(gone, old...)
		l.forgetLocked(m, old)
		var numbers []uint32
		for _, f := range p.files {
			if m.count >= maxListedEach || len(l.files) >= maxListed {
				left++
				continue
			}
			l.next++
			m.count++
			l.files[l.next] = listedFile{by, f.Blake3}
			numbers = append(numbers, l.next)
			come = append(come, index.Entry{ID: l.next, Name: f.File.Name, Size: f.File.Size, SHA1: f.File.SHA1})
		}
		if m.pages[p.name] = numbers; len(numbers) == 0 {
			delete(m.pages, p.name)
		}
	}
	l.mu.Unlock()
	return left + l.index.Apply(come, gone)
}

func (l *listing) forgetLocked(m *listedMember, numbers []uint32) {
	for _, n := range numbers {
		delete(l.files, n)
	}
	m.count -= len(numbers)
}

// keep forgets all files but those of some members.
func (l *listing) keep(members map[identity.PeerID]bool) {
	l.mu.Lock()
	var gone []uint32
	for by, m := range l.of {
		if members[by] {
			continue
		}
		for _, numbers := range m.pages {
			gone = append(gone, numbers...)
			l.forgetLocked(m, numbers)
		}
		delete(l.of, by)
	}
	l.mu.Unlock()
	if len(gone) > 0 {
		l.index.Apply(nil, gone)
	}
}

// size is how many files of how many members there are.
func (l *listing) size() (files, members int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, m := range l.of {
		if m.count > 0 {
			members++
		}
	}
	return len(l.files), members
}

// match is what fits a query, by name and hash.
func (l *listing) match(q query.Query) []query.Hit {
	asked := index.Query{Media: q.Media, MinSize: q.MinSize, MaxSize: q.MaxSize}
	if q.Text != "" {
		words, err := keyword.ParseQuery(q.Text)
		if err != nil {
			return nil
		}
		asked.Words = words
	} else if q.Named() {
		asked.SHA1s = [][20]byte{q.SHA1}
	}
	found := l.index.Match(nil, &asked, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), maxFound)
	l.mu.RLock()
	defer l.mu.RUnlock()
	var hits []query.Hit
	for _, e := range found {
		f, ok := l.files[e.ID]
		if !ok {
			continue // it went this moment
		}
		h := query.Hit{Source: SourceOf(f.by)}
		h.File.Name, h.File.Size, h.File.SHA1 = e.Name, e.Size, e.SHA1
		h.Blake3 = f.blake3
		hits = append(hits, h)
	}
	slices.SortStableFunc(hits, func(a, b query.Hit) int {
		if c := strings.Compare(a.File.Name, b.File.Name); c != 0 {
			return c
		}
		return slices.Compare(a.File.SHA1[:], b.File.SHA1[:])
	})
	return hits
}
