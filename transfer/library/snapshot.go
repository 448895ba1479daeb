package library

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"filbert/transfer/urn"
)

// snapshot is all that is shared at one time. It is immutable but for next.
type snapshot struct {
	byID   []*Entry   // sorted by ID
	bySHA1 []*Entry   // sorted by SHA-1, then ID
	gone   []urn.SHA1 // hashes of files no longer shared, newest last

	next chan struct{} // closed when another snapshot took this one's place
}

func newSnapshot() *snapshot { return &snapshot{next: make(chan struct{})} }

func compareID(a, b *Entry) int { return cmp.Compare(a.ID, b.ID) }

func compareSHA1(a, b *Entry) int {
	return cmp.Or(bytes.Compare(a.SHA1[:], b.SHA1[:]), compareID(a, b))
}

// with is s after a change. It costs a copy of two slices of pointers, however
// little changed, which is why changes are collected. It keeps added. Entries
// may be in both: they came and went between two snapshots.
func (s *snapshot) with(added []*Entry, removed map[*Entry]struct{}) *snapshot {
	added = slices.DeleteFunc(added, func(e *Entry) bool { _, ok := removed[e]; return ok })
	gone := slices.Collect(maps.Keys(removed))
	out := newSnapshot()
	out.bySHA1 = edit(s.bySHA1, added, gone, compareSHA1)
	out.byID = edit(s.byID, added, gone, compareID)
	out.gone = slices.Clip(s.gone)
	for _, e := range gone {
		if was, ok := s.findID(e.ID); ok && was == e {
			out.gone = append(out.gone, e.SHA1)
		}
	}
	out.gone = out.gone[max(0, len(out.gone)-maxGone):]
	return out
}

// edit is old, which is sorted, with added and without gone, both of which it
// sorts. What is gone need not be in old.
func edit(old, added, gone []*Entry, compare func(a, b *Entry) int) []*Entry {
	slices.SortFunc(added, compare)
	slices.SortFunc(gone, compare)
	out := make([]*Entry, 0, len(old)+len(added))
	copyUntil := func(e *Entry) (found bool) {
		i, found := slices.BinarySearchFunc(old, e, compare)
		out, old = append(out, old[:i]...), old[i:]
		return found
	}
	for len(added)+len(gone) > 0 {
		if len(gone) == 0 || len(added) > 0 && compare(added[0], gone[0]) < 0 {
			copyUntil(added[0])
			out, added = append(out, added[0]), added[1:]
			continue
		}
		if copyUntil(gone[0]) {
			old = old[1:]
		}
		gone = gone[1:]
	}
	return append(out, old...)
}

// findID is the entry with that ID.
func (s *snapshot) findID(id uint32) (*Entry, bool) {
	i, ok := slices.BinarySearchFunc(s.byID, id, func(e *Entry, id uint32) int { return cmp.Compare(e.ID, id) })
	if !ok {
		return nil, false
	}
	return s.byID[i], true
}

// findSHA1 is the entry with that hash, of several the one shared first.
func (s *snapshot) findSHA1(sum urn.SHA1) (*Entry, bool) {
	i, ok := slices.BinarySearchFunc(s.bySHA1, sum, func(e *Entry, sum urn.SHA1) int { return bytes.Compare(e.SHA1[:], sum[:]) })
	if !ok {
		return nil, false
	}
	return s.bySHA1[i], true
}

// since is what changed from old to s.
func (s *snapshot) since(old *snapshot) Change {
	var c Change
	was, is := old.byID, s.byID
	for len(was) > 0 && len(is) > 0 {
		switch {
		case was[0] == is[0]:
			was, is = was[1:], is[1:]
		case is[0].ID < was[0].ID:
			c.Added, is = append(c.Added, is[0]), is[1:]
		default:
			c.Removed, was = append(c.Removed, was[0]), was[1:]
		}
	}
	c.Added, c.Removed = append(c.Added, is...), append(c.Removed, was...)
	return c
}
