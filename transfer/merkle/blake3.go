package merkle

import (
	"encoding/binary"

	"lukechampine.com/blake3/guts"
)

// blake3Group is the bytes that are hashed at once: the chunks of a vector.
const blake3Group = guts.MaxSIMD * guts.ChunkSize

// blake3Slicer hashes a slice in groups of 16 chunks.
type blake3Slicer struct {
	above stack
	chunk uint64 // number of the first chunk in group, in the file
	fill  int
	group [blake3Group]byte
}

func (b *blake3Slicer) reset(leaf int64) {
	b.above.reset(Blake3)
	b.chunk, b.fill = uint64(leaf), 0
}

// write keeps the last group back, which may be the root.
func (b *blake3Slicer) write(p []byte) {
	for len(p) > 0 {
		if b.fill == blake3Group {
			b.hash(&b.group)
			b.fill = 0
		}
		if b.fill == 0 && len(p) > blake3Group {
			b.hash((*[blake3Group]byte)(p))
			p = p[blake3Group:]
			continue
		}
		n := copy(b.group[b.fill:], p)
		b.fill += n
		p = p[n:]
	}
}

func (b *blake3Slicer) hash(group *[blake3Group]byte) {
	b.above.push(blake3Hash(guts.CompressBuffer(group, blake3Group, &guts.IV, b.chunk, 0)))
	b.chunk += guts.MaxSIMD
}

func (b *blake3Slicer) sum(root bool) Hash {
	last := guts.CompressBuffer(&b.group, b.fill, &guts.IV, b.chunk, 0)
	if b.above.depth == 0 {
		if root {
			last.Flags |= guts.FlagRoot
		}
		return blake3Hash(last)
	}
	b.above.push(blake3Hash(last))
	return b.above.sum(root)
}

func blake3Parent(left, right Hash, root bool) Hash {
	var flags uint32
	if root {
		flags = guts.FlagRoot
	}
	return blake3Hash(guts.ParentNode(blake3Words(left), blake3Words(right), &guts.IV, flags))
}

func blake3Words(h Hash) (w [8]uint32) {
	for i := range w {
		w[i] = binary.LittleEndian.Uint32(h[4*i:])
	}
	return w
}

func blake3Hash(n guts.Node) (h Hash) {
	for i, w := range guts.ChainingValue(n) {
		binary.LittleEndian.PutUint32(h[4*i:], w)
	}
	return h
}
