package merkle

import "math/bits"

// Kind is the hash a tree is made with.
type Kind uint8

// Kinds of trees.
const (
	Tiger  Kind = iota // Tiger/192, known to every servent (TTH)
	Blake3             // four times as fast, between filberts
)

// String is the name of the hash.
func (k Kind) String() string {
	if k == Blake3 {
		return "BLAKE3"
	}
	return "Tiger tree"
}

// Width is the bytes of a hash.
func (k Kind) Width() int {
	if k == Blake3 {
		return 32
	}
	return 24
}

// Hash is a node of a tree. Tiger uses the first 24 bytes, the others are zero.
type Hash [32]byte

// SliceSize is the slice size in bytes of the trees that are made of a file of
// size bytes. For Tiger it follows from the depth that servents keep
// (transfer.md §6).
func SliceSize(k Kind, size int64) int64 {
	if k == Blake3 {
		slice := int64(blake3Slice)
		for slices(size, slice) > blake3Slices {
			slice *= 2
		}
		return slice
	}
	return leafSize << max(0, height(size)-tigerDepth(size))
}

// tigerDepth is how many levels below the root are kept of a Tiger tree.
func tigerDepth(size int64) int {
	steps := [...]struct {
		below int64
		depth int
	}{
		{256 << 10, 0}, {512 << 10, 1}, {1 << 20, 2}, {2 << 20, 3}, {4 << 20, 4}, {8 << 20, 5}, {16 << 20, 6},
		{32 << 20, 7}, {64 << 20, 8}, {256 << 20, 9}, {1 << 30, 10}, {4 << 30, 11},
	}
	for _, s := range steps {
		if size < s.below {
			return s.depth
		}
	}
	return 12 // LimeWire goes to 13 beyond 64 GiB, which gtk-gnutella would not read
}

// slices is how many slices a file has; an empty file has one, of no bytes.
func slices(size, slice int64) int64 { return max(1, (size-1)/slice+1) }

// height is the number of levels between the leaves and the root.
func height(size int64) int { return bits.Len64(uint64(slices(size, leafSize) - 1)) }

// parent is the node above two others. root tells that nothing is above it,
// which BLAKE3 hashes in.
func (k Kind) parent(left, right Hash, root bool) Hash {
	if k == Blake3 {
		return blake3Parent(left, right, root)
	}
	return tigerParent(left, right)
}
