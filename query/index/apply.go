package index

import (
	"cmp"
	"slices"
)

// Apply removes files by ID, then adds files, and makes both visible at once.
// An added file replaces one of the same ID; of several with one ID the last
// counts. Files beyond MaxFiles are left out and their number is returned.
//
// Only one goroutine may call Apply. Its cost is shared by the files of a call:
// merging, which is most of it, makes adding files one by one dear.
func (x *Index) Apply(add []Entry, remove []uint32) (refused int) {
	old := x.current.Load()
	next := &snapshot{parts: slices.Clone(old.parts), files: old.files, bytes: old.bytes}

	fresh := lastByID(add)
	marked := make([]bool, len(next.parts)) // bitmaps that are our own
	stale := make([]bool, len(next.parts))  // lists of newest files that lost one
	for _, id := range remove {
		next.remove(id, marked, stale)
	}
	for i := range fresh {
		next.remove(fresh[i].ID, marked, stale)
	}
	if room := MaxFiles - next.files; len(fresh) > room {
		refused = len(fresh) - room
		fresh = fresh[:room]
	}
	for i := range fresh {
		fresh[i].Media = MediaOf(fresh[i].Name)
		next.bytes += fresh[i].Size
	}
	next.files += len(fresh)
	for i := range next.parts {
		if stale[i] {
			next.parts[i].findNewest()
		}
	}
	next.merge(fresh)
	x.current.Store(next)
	return refused
}

// lastByID returns a copy of entries sorted by ID, of those with equal IDs only
// the last.
func lastByID(entries []Entry) []Entry {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, byID)
	kept := sorted[:0]
	for i, e := range sorted {
		if i+1 == len(sorted) || sorted[i+1].ID != e.ID {
			kept = append(kept, e)
		}
	}
	return kept
}

func byID(a, b Entry) int { return cmp.Compare(a.ID, b.ID) }

// remove marks the file with that ID dead, if there is one. The bitmaps of
// parts that are not marked belong to an older snapshot and are copied first.
// stale tells of which parts a newest file is gone.
func (n *snapshot) remove(id uint32, marked, stale []bool) {
	for i := range n.parts {
		p := &n.parts[i]
		doc, ok := p.docOf(id)
		if !ok || p.isDead(doc) {
			continue
		}
		if !marked[i] {
			dead := make([]uint64, (len(p.entries)+63)/64)
			copy(dead, p.dead)
			p.dead, marked[i] = dead, true
		}
		p.dead[doc/64] |= 1 << (doc % 64)
		stale[i] = stale[i] || p.isNewest(doc)
		p.live--
		n.files--
		n.bytes -= p.entries[doc].Size
		return // an ID is live in one part at most
	}
}

// merge adds fresh as a part, together with the parts that are due.
func (n *snapshot) merge(fresh []Entry) {
	keep := len(n.parts)
	later := len(fresh)
	for i := len(n.parts) - 1; i >= 0; i-- {
		p := &n.parts[i]
		if p.live < mergeRatio*later || p.live < minPart && later > 0 || p.live*2 < len(p.entries) {
			keep = i
		}
		later += p.live
	}
	for i := range n.parts[keep:] {
		fresh = n.parts[keep+i].appendLive(fresh)
	}
	n.parts = slices.Delete(n.parts, keep, len(n.parts))
	if len(fresh) == 0 {
		return
	}
	slices.SortFunc(fresh, byID)
	merged := part{segment: build(slices.Clip(fresh)), live: len(fresh)}
	merged.findNewest()
	n.parts = append(n.parts, merged)
}

// appendLive appends the entries that are not dead.
func (p *part) appendLive(dst []Entry) []Entry {
	dst = slices.Grow(dst, p.live)
	for doc := range p.entries {
		if !p.isDead(uint32(doc)) {
			dst = append(dst, p.entries[doc])
		}
	}
	return dst
}
