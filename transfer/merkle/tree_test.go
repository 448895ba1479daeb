package merkle

import (
	"bytes"
	"encoding/base32"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"lukechampine.com/blake3"
)

// build makes the tree of data, written in pieces of many lengths.
func build(t testing.TB, k Kind, data []byte) *Tree {
	t.Helper()
	b := NewBuilder(k, int64(len(data)))
	rng := rand.New(rand.NewPCG(uint64(len(data)), 1))
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 1+rng.IntN([]int{10, 2000, 100_000}[rng.IntN(3)]))
		b.Write(rest[:n])
		rest = rest[n:]
	}
	tree, err := b.Tree()
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// noise is n bytes that no two offsets have alike.
func noise(n int) []byte {
	b := make([]byte, n)
	c := rand.NewChaCha8([32]byte{1})
	c.Read(b)
	return b
}

// TestTigerTree: the vectors of the THEX draft.
func TestTigerTree(t *testing.T) {
	for _, c := range []struct {
		data []byte
		root string
	}{
		{nil, "LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNQ"},
		{[]byte{0}, "VK54ZIEEVTWNAUI5D5RDFIL37LX2IQNSTAXFKSA"},
		{bytes.Repeat([]byte("A"), 1024), "L66Q4YVNAFWVS23X2HJIRA5ZJ7WXR3F26RSASFA"},
		{bytes.Repeat([]byte("A"), 1025), "PZMRYHGY6LTBEH63ZWAHDORHSYTLO4LEFUIKHWY"},
	} {
		root := build(t, Tiger, c.data).Root()
		if got := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(root[:24]); got != c.root {
			t.Errorf("%d bytes: root %s, want %s", len(c.data), got, c.root)
		}
	}
}

// sizes are where the shape of a tree changes.
var sizes = []int{
	0, 1, 1023, 1024, 1025, 2048, 3000, 16 << 10, 16<<10 + 1, 17 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, 128 << 10, 200_000,
	256<<10 - 1, 256 << 10, 300_000, 512 << 10, 700_001, 1 << 20, 1<<20 + 1, 3<<20 + 77,
}

// slowRoot is the root by the definition: all leaves, then level by level.
func slowRoot(data []byte) Hash {
	var level []Hash
	for first := true; first || len(data) > 0; first = false {
		n := min(len(data), leafSize)
		level = append(level, tigerSum(append([]byte{0}, data[:n]...)))
		data = data[n:]
	}
	for len(level) > 1 {
		var up []Hash
		for ; len(level) > 1; level = level[2:] {
			up = append(up, tigerSum(append(append([]byte{1}, level[0][:24]...), level[1][:24]...)))
		}
		level = append(up, level...)
	}
	return level[0]
}

// TestRoots: the root of a BLAKE3 tree is the BLAKE3 hash of the file, and that
// of a Tiger tree what the definition gives, at any size.
func TestRoots(t *testing.T) {
	data := noise(sizes[len(sizes)-1])
	for _, n := range sizes {
		if got, want := build(t, Blake3, data[:n]).Root(), Hash(blake3.Sum256(data[:n])); got != want {
			t.Errorf("%d bytes: BLAKE3 %x, want %x", n, got, want)
		}
		if got, want := build(t, Tiger, data[:n]).Root(), slowRoot(data[:n]); got != want {
			t.Errorf("%d bytes: Tiger %x, want %x", n, got, want)
		}
	}
}

// TestSlices: a slice passes as it is, and in no other way.
func TestSlices(t *testing.T) {
	data := noise(sizes[len(sizes)-1])
	for _, k := range []Kind{Tiger, Blake3} {
		for _, n := range sizes {
			tree := build(t, k, data[:n])
			h := NewSliceHasher(tree)
			covered := int64(0)
			for i := range tree.Slices() {
				span := tree.Span(i)
				if span.Start != covered || n > 0 && tree.Slice(span.Start) != i {
					t.Fatalf("%v of %d bytes: slice %d is %v", k, n, i, span)
				}
				covered = span.End
				slice := bytes.Clone(data[span.Start:span.End])
				ok := func(parts ...[]byte) bool {
					h.Reset(i)
					for _, p := range parts {
						h.Write(p)
					}
					return h.OK()
				}
				if !ok(slice) || !ok(slice[:len(slice)/3], slice[len(slice)/3:]) {
					t.Errorf("%v of %d bytes: slice %d was refused", k, n, i)
				}
				if ok(slice, []byte{0}) {
					t.Errorf("%v of %d bytes: slice %d and a byte more passed", k, n, i)
				}
				if len(slice) > 0 {
					short := ok(slice[:len(slice)-1])
					slice[len(slice)/2] ^= 1
					if short || ok(slice) {
						t.Errorf("%v of %d bytes: slice %d passed with a byte less or another", k, n, i)
					}
				}
			}
			if covered != int64(n) {
				t.Errorf("%v: the slices of %d bytes cover %d", k, n, covered)
			}
		}
	}
}

// TestNew: nodes make a tree only with their own root, size and slices.
func TestNew(t *testing.T) {
	const size = 700_001
	for _, k := range []Kind{Tiger, Blake3} {
		tree := build(t, k, noise(size))
		nodes := tree.AppendNodes(nil)
		bad := bytes.Clone(nodes)
		bad[40] ^= 1
		for name, c := range map[string]struct {
			size, slice int64
			nodes       []byte
			root        Hash
			want        error
		}{
			"its own":             {size, tree.SliceSize(), nodes, tree.Root(), nil},
			"another root":        {size, tree.SliceSize(), nodes, Hash{1}, ErrRoot},
			"another node":        {size, tree.SliceSize(), bad, tree.Root(), ErrRoot},
			"a node less":         {size, tree.SliceSize(), nodes[k.Width():], tree.Root(), ErrShape},
			"a byte more":         {size, tree.SliceSize(), append(nodes[:len(nodes):len(nodes)], 0), tree.Root(), ErrShape},
			"slices of no power":  {size, tree.SliceSize() + 1, nodes, tree.Root(), ErrShape},
			"slices of nothing":   {size, 0, nodes, tree.Root(), ErrShape},
			"less than a leaf":    {size, 512, nodes, tree.Root(), ErrShape},
			"negative size":       {-1, tree.SliceSize(), nodes, tree.Root(), ErrShape},
			"too many slices":     {leafSize * (MaxSlices + 1), leafSize, nodes, tree.Root(), ErrShape},
			"size for more nodes": {size + tree.SliceSize(), tree.SliceSize(), nodes, tree.Root(), ErrShape},
		} {
			got, err := New(k, c.size, c.slice, c.nodes, c.root)
			if !errors.Is(err, c.want) || (err == nil) != (got != nil) {
				t.Errorf("%v, %s: %v, want %v", k, name, err, c.want)
			}
		}
	}
}

// TestUnfinished: a builder gives no tree before the last byte, nor after more.
func TestUnfinished(t *testing.T) {
	for _, n := range []int{0, 1999, 2001, 70_000} {
		b := NewBuilder(Tiger, 2000)
		b.Write(make([]byte, n))
		if tree, err := b.Tree(); err == nil {
			t.Errorf("%d of 2000 bytes gave the tree %x", n, tree.Root())
		}
	}
}

// TestSliceSize: as deep as servents keep trees, and never too many slices.
func TestSliceSize(t *testing.T) {
	for _, c := range []struct{ size, tiger, blake int64 }{
		{0, 1 << 10, 64 << 10},
		{1, 1 << 10, 64 << 10},
		{255 << 10, 256 << 10, 64 << 10}, // depth 0: the file is the slice
		{256 << 10, 128 << 10, 64 << 10},
		{300_000, 256 << 10, 64 << 10},
		{8 << 20, 128 << 10, 64 << 10},
		{700 << 20, 1 << 20, 128 << 10},
		{5 << 30, 2 << 20, 1 << 20},
		{1 << 40, 256 << 20, 128 << 20},
	} {
		if tiger, blake := SliceSize(Tiger, c.size), SliceSize(Blake3, c.size); tiger != c.tiger || blake != c.blake {
			t.Errorf("%d bytes: slices of %d and %d, want %d and %d", c.size, tiger, blake, c.tiger, c.blake)
		}
	}
	for size := int64(1); size < 1<<62; size *= 3 {
		if n := slices(size, SliceSize(Blake3, size)); n > blake3Slices {
			t.Errorf("%d bytes: %d slices", size, n)
		}
	}
}

// TestSliceHasherAllocates: checking a slice leaves nothing behind.
func TestSliceHasherAllocates(t *testing.T) {
	data := noise(1 << 20)
	for _, k := range []Kind{Tiger, Blake3} {
		h := NewSliceHasher(build(t, k, data))
		if n := testing.AllocsPerRun(10, func() {
			h.Reset(1)
			h.Write(data)
			h.OK()
		}); n > 0 {
			t.Errorf("%v: %v allocations a slice", k, n)
		}
	}
}

func ExampleSliceHasher() {
	data := bytes.Repeat([]byte("filbert "), 20_000)
	b := NewBuilder(Blake3, int64(len(data)))
	b.Write(data)
	tree, _ := b.Tree()

	h := NewSliceHasher(tree)
	h.Reset(2)
	span := tree.Span(2)
	h.Write(data[span.Start:span.End])
	fmt.Println(tree.Slices(), span, h.OK())
	// Output: 3 [131072,160000) true
}
