package merkle

import (
	"errors"
	"fmt"
	"math/bits"

	"filbert/transfer/ranges"
)

// Errors of New and ParseTHEX.
var (
	// ErrRoot: the nodes do not give the root, so they are of another file, or
	// whoever sent them lies.
	ErrRoot = errors.New("hash tree of another file")
	// ErrShape: the nodes are not as many as the file and the slices call for.
	ErrShape = errors.New("malformed hash tree")
)

// Tree is one level of nodes, each the hash of a slice of a file, and the root.
// It never changes and is safe for concurrent use.
type Tree struct {
	kind  Kind
	size  int64
	slice int64
	nodes []byte // Width() bytes each, left to right
	root  Hash
}

// New returns the tree of a file of size bytes whose slices of slice bytes have
// the given nodes, left to right, without gaps. nodes is copied. The error wraps
// ErrShape or ErrRoot.
func New(k Kind, size, slice int64, nodes []byte, root Hash) (*Tree, error) {
	switch {
	case size < 0 || slice < leafSize || bits.OnesCount64(uint64(slice)) != 1:
		return nil, fmt.Errorf("merkle: slices of %d bytes of a file of %d: %w", slice, size, ErrShape)
	case slices(size, slice) > MaxSlices:
		return nil, fmt.Errorf("merkle: %d slices, more than %d: %w", slices(size, slice), MaxSlices, ErrShape)
	case int64(len(nodes)) != slices(size, slice)*int64(k.Width()):
		return nil, fmt.Errorf("merkle: %d bytes of nodes for %d slices: %w", len(nodes), slices(size, slice), ErrShape)
	}
	t := &Tree{kind: k, size: size, slice: slice, nodes: append([]byte(nil), nodes...), root: root}
	if t.fold() != root {
		return nil, fmt.Errorf("merkle: %v: %w", k, ErrRoot)
	}
	return t, nil
}

// Kind is the hash the tree is made with.
func (t *Tree) Kind() Kind { return t.kind }

// Size is the size in bytes of the file.
func (t *Tree) Size() int64 { return t.size }

// SliceSize is the bytes of every slice but the last, which may be shorter.
func (t *Tree) SliceSize() int64 { return t.slice }

// Slices is how many slices the file has, at least one.
func (t *Tree) Slices() int { return int(slices(t.size, t.slice)) }

// Root is the hash of the whole tree, by which it is named.
func (t *Tree) Root() Hash { return t.root }

// Span is the bytes of slice i, which must be one of the tree's.
func (t *Tree) Span(i int) ranges.Range {
	start := int64(i) * t.slice
	return ranges.Range{Start: start, End: min(start+t.slice, t.size)}
}

// Slice is the index of the slice that holds the byte at an offset in the file.
func (t *Tree) Slice(at int64) int { return int(at / t.slice) }

// AppendNodes appends the nodes of the slices, left to right, as New takes them.
func (t *Tree) AppendNodes(b []byte) []byte { return append(b, t.nodes...) }

func (t *Tree) node(i int) (h Hash) {
	w := t.kind.Width()
	copy(h[:], t.nodes[i*w:(i+1)*w])
	return h
}

// fold is the root that the nodes give.
func (t *Tree) fold() Hash {
	var s stack
	s.reset(t.kind)
	for i := range t.Slices() {
		s.push(t.node(i))
	}
	return s.sum(true)
}
