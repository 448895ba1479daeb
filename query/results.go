package query

import (
	"fmt"
	"slices"

	"filbert/query/index"
	"filbert/transfer"
	"filbert/transfer/urn"
)

const (
	// maxResults is how many results keep their numbers; the oldest are
	// forgotten first.
	maxResults = 10_000

	// maxSources is how many servents are kept for one result: more than a
	// download can use.
	maxSources = 256
)

// Result is one file, found at one or more servents.
type Result struct {
	Number int    // counts from 1; never given to another file
	Group  string // ID of the group whose members alone have it, "" for the open network
	File   transfer.File
	Roots  // of its hash trees, as the first source said that told them
	// Contested: others tell of other hash trees under its SHA-1.
	Contested bool
	Media     index.Media
	Sources   []transfer.Source
	Speed     uint32 // of the fastest source's line, kbit/s
	Busy      bool   // all sources said they are busy
	Hops      int    // of the nearest source

	key string // in Results
}

// Distinct is the roots that tell the result from others with its SHA-1, zero where
// there is no need: what a stranger told unasked, which a single liar can make up, is
// no reason to refuse the file to who asks for its SHA-1.
func (r *Result) Distinct() Roots {
	if r.Contested {
		return r.Roots
	}
	return Roots{}
}

// Hashed reports whether the result can be fetched and verified.
func (r *Result) Hashed() bool { return r.File.SHA1 != urn.SHA1{} }

// Results numbers what was found. The same content has one number, whatever the
// names and however many searches found it, within one group or on the open network;
// hits without a hash are the same
// when name and size are. Hits with one SHA-1 and different hash trees are not the
// same content: somebody lies, or has made two files with one SHA-1. It is not safe for concurrent use.
type Results struct {
	next   int
	byKey  map[string]*Result
	sorted []*Result // by number
}

// NewResults returns an empty list.
func NewResults() *Results { return &Results{byKey: make(map[string]*Result)} }

// Add notes a hit and returns a copy of the result it belongs to.
func (rs *Results) Add(h Hit) Result {
	key, contested := h.Group+key(h.File), false
	known := rs.byKey[key]
	if known != nil && h.Hashed() && known.Denies(h.Roots) {
		key += string(h.Tiger[:]) + string(h.Blake3[:])
		known.Contested, contested = true, true
		known = rs.byKey[key]
	}
	if known == nil {
		rs.next++
		known = &Result{Number: rs.next, Group: h.Group, key: key, File: h.File, Media: index.MediaOf(h.File.Name), Busy: h.Busy, Hops: h.Hops}
		rs.byKey[key] = known
		known.Contested = contested
		rs.sorted = append(rs.sorted, known)
		rs.forget()
	}
	known.add(h)
	return known.copy()
}

// Get returns a copy of the result with a number.
func (rs *Results) Get(number int) (Result, bool) {
	i, ok := slices.BinarySearchFunc(rs.sorted, number, func(r *Result, n int) int { return r.Number - n })
	if !ok {
		return Result{}, false
	}
	return rs.sorted[i].copy(), true
}

// Latest returns copies of the n newest results, newest first.
func (rs *Results) Latest(n int) []Result {
	out := make([]Result, 0, min(n, len(rs.sorted)))
	for _, r := range slices.Backward(rs.sorted) {
		if len(out) == n {
			break
		}
		out = append(out, r.copy())
	}
	return out
}

// ByHash returns a copy of the result with a hash, of the open network. Of several that have different hash
// trees it is the first that may have the roots, which are zero for whichever it is.
func (rs *Results) ByHash(h urn.SHA1, roots Roots) (Result, bool) {
	r := rs.byKey[key(transfer.File{SHA1: h})]
	if r == nil || r.Denies(roots) {
		i := slices.IndexFunc(rs.sorted, func(r *Result) bool { return r.Group == "" && r.File.SHA1 == h && !r.Denies(roots) })
		if i < 0 {
			return Result{}, false
		}
		r = rs.sorted[i]
	}
	return r.copy(), true
}

// Len is how many results are kept.
func (rs *Results) Len() int { return len(rs.sorted) }

func (rs *Results) forget() {
	for len(rs.sorted) > maxResults {
		delete(rs.byKey, rs.sorted[0].key)
		rs.sorted[0] = nil
		rs.sorted = rs.sorted[1:]
	}
}

// add merges a hit into the result.
func (r *Result) add(h Hit) {
	if !r.Tiger.Known() {
		r.Tiger = h.Tiger
	}
	if !r.Blake3.Known() {
		r.Blake3 = h.Blake3
	}
	for i := range r.Sources {
		if same(r.Sources[i], h.Source) {
			if !r.Sources[i].Vouched || h.Source.Vouched { // else anybody may have said it
				r.Sources[i] = h.Source // it may listen elsewhere by now
			}
			return
		}
	}
	if len(r.Sources) == maxSources {
		return
	}
	r.Sources = append(r.Sources, h.Source)
	r.Speed = max(r.Speed, h.Speed)
	r.Busy = r.Busy && h.Busy
	r.Hops = min(r.Hops, h.Hops)
}

func (r *Result) copy() Result {
	c := *r
	c.Sources = slices.Clone(r.Sources)
	return c
}

// same reports whether two sources are one servent: the GUID names it, and
// without one its address does.
func same(a, b transfer.Source) bool {
	if a.Servent != b.Servent {
		return false
	}
	return a.Servent != [16]byte{} || a.Addr == b.Addr
}

// key names what a file is.
func key(f transfer.File) string {
	if f.SHA1 != (urn.SHA1{}) {
		return string(f.SHA1[:])
	}
	return fmt.Sprintf("%d %s", f.Size, f.Name)
}
