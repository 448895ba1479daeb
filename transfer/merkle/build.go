package merkle

import "fmt"

// Builder makes the tree of a file from its bytes, in order. Not for concurrent
// use.
type Builder struct {
	kind  Kind
	size  int64
	slice int64
	at    int64 // bytes written
	fill  int64 // of those, in the slice that is being hashed
	hash  slicer
	nodes []byte
}

// NewBuilder returns a Builder for a file of size bytes.
func NewBuilder(k Kind, size int64) *Builder {
	b := &Builder{kind: k, size: size, slice: SliceSize(k, size), hash: newSlicer(k)}
	b.nodes = make([]byte, 0, int(slices(size, b.slice))*k.Width())
	b.hash.reset(0)
	return b
}

// Write takes the next bytes of the file. What is beyond its size is not hashed,
// and Tree tells.
func (b *Builder) Write(p []byte) (int, error) {
	written := len(p)
	for b.at+int64(len(p)) <= b.size && len(p) > 0 {
		n := min(int64(len(p)), b.slice-b.fill)
		b.hash.write(p[:n])
		p = p[n:]
		b.at, b.fill = b.at+n, b.fill+n
		if b.fill == b.slice && b.at < b.size {
			b.end()
			b.hash.reset(b.at / leafSize)
			b.fill = 0
		}
	}
	b.at += int64(len(p))
	return written, nil
}

// end takes the node of the slice that is complete.
func (b *Builder) end() {
	h := b.hash.sum(b.size <= b.slice)
	b.nodes = append(b.nodes, h[:b.kind.Width()]...)
}

// Tree returns the tree, once, when all bytes were written.
func (b *Builder) Tree() (*Tree, error) {
	if b.at != b.size {
		return nil, fmt.Errorf("merkle: %d bytes were written of a file of %d", b.at, b.size)
	}
	b.end()
	t := &Tree{kind: b.kind, size: b.size, slice: b.slice, nodes: b.nodes}
	t.root = t.fold()
	return t, nil
}
