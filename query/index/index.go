package index

import (
	"iter"
	"sync/atomic"
)

// Index is a set of files that many goroutines search while one changes it.
type Index struct {
	current atomic.Pointer[snapshot]
	cutoffs atomic.Uint64
}

// snapshot is one state of an Index; nothing in it changes any more.
type snapshot struct {
	parts []part // descending by size, see mergeRatio
	files int
	bytes int64
}

// part is a segment and which of its docs were removed since it was built.
type part struct {
	*segment
	dead   []uint64 // bitmap by doc, nil if none is dead
	live   int
	newest newest
}

func (p *part) isDead(doc uint32) bool {
	return p.dead != nil && p.dead[doc/64]&(1<<(doc%64)) != 0
}

// New returns an empty Index.
func New() *Index {
	x := &Index{}
	x.current.Store(&snapshot{})
	return x
}

// Len returns the number of files.
func (x *Index) Len() int { return x.current.Load().files }

// Bytes returns the total size of the files, in bytes.
func (x *Index) Bytes() int64 { return x.current.Load().bytes }

// Cutoffs returns how many queries ran out of steps and returned only part of
// what there is.
func (x *Index) Cutoffs() uint64 { return x.cutoffs.Load() }

// ByID returns the file with that ID. The Entry must not be changed.
func (x *Index) ByID(id uint32) (*Entry, bool) {
	parts := x.current.Load().parts
	for i := range parts {
		p := &parts[i]
		if doc, ok := p.docOf(id); ok && !p.isDead(doc) {
			return &p.entries[doc], true
		}
	}
	return nil, false
}

// BySHA1 returns a file with that SHA-1, a complete one if there is one. The
// Entry must not be changed.
func (x *Index) BySHA1(sum [20]byte) (*Entry, bool) {
	var found *Entry
	parts := x.current.Load().parts
	for i := range parts {
		p := &parts[i]
		for _, doc := range p.docsOf(&sum) {
			if p.isDead(doc) {
				continue
			}
			found = &p.entries[doc]
			if !found.Partial {
				return found, true
			}
		}
	}
	return found, found != nil
}

// Entries yields all files, in no order that means anything. They must not be
// changed.
func (x *Index) Entries() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		parts := x.current.Load().parts
		for i := range parts {
			p := &parts[i]
			for doc := range p.entries {
				if !p.isDead(uint32(doc)) && !yield(&p.entries[doc]) {
					return
				}
			}
		}
	}
}

// Words yields the words of all names, normalised: what a query-routing table
// is made of. A word may come more than once, at most maxParts times.
func (x *Index) Words() iter.Seq[string] {
	return func(yield func(string) bool) {
		parts := x.current.Load().parts
		for i := range parts {
			p := &parts[i]
			for t := range p.termCount() {
				if p.isUsed(t) && !yield(p.term(t)) {
					return
				}
			}
		}
	}
}

// isUsed reports whether term t is in the name of a file not removed.
func (p *part) isUsed(t uint32) bool {
	for _, doc := range p.postings[p.postingsAt[t]:p.postingsAt[t+1]] {
		if !p.isDead(doc) {
			return true
		}
	}
	return false
}
