package merkle

import (
	"bytes"
	"encoding/base32"
	"errors"
	"os"
	"regexp"
	"testing"
)

// captured is what gtk-gnutella sent for a file of 300,000 bytes.
func captured(t testing.TB) (message []byte, root Hash) {
	t.Helper()
	message, err := os.ReadFile("testdata/gtk-gnutella-thex.bin")
	if err != nil {
		t.Fatal(err)
	}
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(capturedRoot)
	if err != nil {
		t.Fatal(err)
	}
	copy(root[:], b)
	return message, root
}

const (
	capturedSize = 300_000
	capturedRoot = "5MEHISWLWT3LHNXFRMCCJZGZNUMOA6KT57LEKFY"
)

// TestCapturedTHEX: a tree of gtk-gnutella is read, and written again with the
// same nodes.
func TestCapturedTHEX(t *testing.T) {
	message, root := captured(t)
	tree, err := ParseTHEX(message, capturedSize, root)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Slices() != 2 || tree.SliceSize() != 256<<10 {
		t.Errorf("%d slices of %d bytes", tree.Slices(), tree.SliceSize())
	}
	ours := AppendTHEX(nil, tree)
	name := regexp.MustCompile(`uuid:[0-9a-f-]{36}`) // each servent names the nodes in its own way
	if got, want := name.ReplaceAll(ours, nil), name.ReplaceAll(message, nil); !bytes.Equal(got, want) {
		t.Errorf("written again: %q\nwant %q", got, want)
	}
}

// TestTHEX: a serialised tree comes back as it was; with bytes cut, changed or
// of another file it does not come back at all.
func TestTHEX(t *testing.T) {
	data := noise(sizes[len(sizes)-1])
	for _, n := range sizes {
		tree := build(t, Tiger, data[:n])
		message := AppendTHEX([]byte("x"), tree)[1:]
		got, err := ParseTHEX(message, int64(n), tree.Root())
		if err != nil {
			t.Errorf("%d bytes: %v", n, err)
			continue
		}
		if !bytes.Equal(got.AppendNodes(nil), tree.AppendNodes(nil)) || got.SliceSize() != tree.SliceSize() {
			t.Errorf("%d bytes: other nodes came back", n)
		}
		for name, c := range map[string]struct {
			message []byte
			size    int64
			root    Hash
			want    error
		}{
			"empty":        {nil, int64(n), tree.Root(), ErrShape},
			"cut":          {message[:len(message)-24], int64(n), tree.Root(), ErrShape},
			"another root": {message, int64(n), Hash{1}, ErrRoot},
			"another size": {message, int64(n) + 1, tree.Root(), ErrShape},
			"too long":     {make([]byte, MaxTHEX+1), int64(n), tree.Root(), ErrShape},
		} {
			if _, err := ParseTHEX(c.message, c.size, c.root); !errors.Is(err, c.want) {
				t.Errorf("%d bytes, %s: %v, want %v", n, name, err, c.want)
			}
		}
	}
}

// TestLenientTHEX: what old servents get wrong is read all the same, and a tree
// that is too shallow or deeper than ours is judged by its nodes.
func TestLenientTHEX(t *testing.T) {
	const size = 3<<20 + 77 // depth 4 here
	data := noise(size)
	tree := build(t, Tiger, data)
	levels := [][]byte{tree.nodes}
	for len(levels[0]) > 24 {
		levels = append([][]byte{levelAbove(levels[0])}, levels...)
	}
	nodes := func(depth int) []byte { return bytes.Join(levels[:depth+1], nil) }
	record := func(flags byte, kind string, data []byte) []byte {
		return appendDIME(nil, flags, dimeURI, dimeRecord{kind: []byte(kind), data: data})
	}
	all := nodes(len(levels) - 1)
	deeper := deepTree(t, data)
	for name, c := range map[string]struct {
		message []byte
		slices  int
		want    error
	}{
		"no document":    {record(dimeLast, thexBreadth, all), tree.Slices(), nil},
		"a cut document": {append(record(dimeFirst, thexMedia, []byte("<hashtree><file si")), record(dimeLast, thexBreadth, all)...), tree.Slices(), nil},
		"in two chunks": {
			append(record(dimeChunked, thexBreadth, all[:50]), record(dimeLast, "", all[50:])...), tree.Slices(), nil},
		"one level less":  {record(dimeLast, thexBreadth, nodes(len(levels)-2)), (tree.Slices() + 1) / 2, nil},
		"two levels less": {record(dimeLast, thexBreadth, nodes(len(levels)-3)), 0, ErrShape},
		"all levels":      {record(dimeLast, thexBreadth, deeper), (size + 1023) / 1024, nil},
		"another digest": {append(record(dimeFirst, thexMedia, []byte(
			`<hashtree><file size="3145805" segmentsize="1024"/><digest algorithm="md5"/></hashtree>`)), record(dimeLast, thexBreadth, all)...), 0, ErrShape},
		"chunks without end": {record(dimeChunked, thexBreadth, all), 0, ErrShape},
		"another version":    {append([]byte{0xF8}, record(dimeLast, thexBreadth, all)[1:]...), 0, ErrShape},
	} {
		got, err := ParseTHEX(c.message, size, tree.Root())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		} else if err == nil && got.Slices() != c.slices {
			t.Errorf("%s: %d slices, want %d", name, got.Slices(), c.slices)
		}
	}
}

// deepTree is all levels of a file's tree, down to the leaves.
func deepTree(t *testing.T, data []byte) []byte {
	t.Helper()
	var level []byte
	for ; len(data) > 0; data = data[min(len(data), leafSize):] {
		h := tigerSum(append([]byte{0}, data[:min(len(data), leafSize)]...))
		level = append(level, h[:24]...)
	}
	all := level
	for len(level) > 24 {
		level = levelAbove(level)
		all = append(append([]byte(nil), level...), all...)
	}
	return all
}

// FuzzTHEX: whatever comes, a tree that is accepted has the root it was asked
// for, and survives being written and read.
func FuzzTHEX(f *testing.F) {
	message, root := captured(f)
	f.Add(message, int64(capturedSize), root[:])
	small := build(f, Tiger, noise(5000))
	smallRoot := small.Root()
	f.Add(AppendTHEX(nil, small), int64(5000), smallRoot[:])
	f.Fuzz(func(t *testing.T, message []byte, size int64, rootBytes []byte) {
		var root Hash
		copy(root[:24], rootBytes)
		tree, err := ParseTHEX(message, size, root)
		if err != nil {
			if !errors.Is(err, ErrShape) && !errors.Is(err, ErrRoot) {
				t.Fatalf("the error %v wraps neither", err)
			}
			return
		}
		if tree.Root() != root || tree.Slices() > MaxSlices {
			t.Fatalf("a tree of %d slices with root %x", tree.Slices(), tree.Root())
		}
		if len(AppendTHEX(nil, tree)) > MaxTHEX {
			return
		}
		again, err := ParseTHEX(AppendTHEX(nil, tree), size, root)
		if err != nil || !bytes.Equal(again.nodes, tree.nodes) {
			t.Fatalf("written and read: %v", err)
		}
	})
}
