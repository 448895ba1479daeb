package merkle

// slicer hashes the bytes of one slice, which begins at a leaf of the file.
// sum ends it; root tells that the slice is the whole file.
type slicer interface {
	reset(leaf int64)
	write(p []byte)
	sum(root bool) Hash
}

func newSlicer(k Kind) slicer {
	if k == Blake3 {
		return new(blake3Slicer)
	}
	return new(tigerSlicer)
}

// SliceHasher checks slices against a tree as their bytes arrive. Not for
// concurrent use; it can be reset any number of times and allocates no more.
type SliceHasher struct {
	tree  *Tree
	hash  slicer
	index int
	left  int64 // bytes of the slice still to come; negative: too many came
}

// NewSliceHasher returns a SliceHasher that waits for slice 0.
func NewSliceHasher(t *Tree) *SliceHasher {
	h := &SliceHasher{tree: t, hash: newSlicer(t.kind)}
	h.Reset(0)
	return h
}

// Reset begins slice i, which must be one of the tree's.
func (h *SliceHasher) Reset(i int) {
	span := h.tree.Span(i)
	h.index, h.left = i, span.Len()
	h.hash.reset(span.Start / leafSize)
}

// Write takes the next bytes of the slice. It never fails.
func (h *SliceHasher) Write(p []byte) (int, error) {
	h.left -= int64(len(p))
	if h.left >= 0 {
		h.hash.write(p)
	}
	return len(p), nil
}

// OK reports whether the bytes since Reset are the slice, all of it. Reset must
// follow before the next Write.
func (h *SliceHasher) OK() bool {
	return h.left == 0 && h.hash.sum(h.tree.Slices() == 1) == h.tree.node(h.index)
}
