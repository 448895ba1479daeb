package publication

import (
	"fmt"
	"io"
	"sort"

	"filbert/transfer/ranges"
)

// index is where the files of a version lie in its bundle.
type index struct {
	*Manifest
	starts []int64 // of each file, and the end
}

func newIndex(m *Manifest) index {
	x := index{Manifest: m, starts: make([]int64, len(m.Files)+1)}
	for i, f := range m.Files {
		x.starts[i+1] = x.starts[i] + f.Size
	}
	return x
}

// size is the bytes of the bundle.
func (x index) size() int64 { return x.starts[len(x.Files)] }

// span is the bytes of a file.
func (x index) span(i int) ranges.Range { return ranges.Range{Start: x.starts[i], End: x.starts[i+1]} }

// at is the file that has the byte at an offset of the bundle.
func (x index) at(off int64) int {
	return sort.Search(len(x.Files), func(i int) bool { return x.starts[i+1] > off })
}

// read reads bytes of the bundle; from reads those of one file, all of b or an error.
func (x index) read(b []byte, off int64, from func(i int, b []byte, at int64) error) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("publication: read at %d", off)
	}
	for i := x.at(off); n < len(b); i++ {
		if i >= len(x.Files) {
			return n, io.EOF
		}
		part := b[n:min(int64(len(b)), int64(n)+x.starts[i+1]-off)]
		if len(part) == 0 {
			continue // it is an empty file
		}
		if err := from(i, part, off-x.starts[i]); err != nil {
			return n, err
		}
		n, off = n+len(part), off+int64(len(part))
	}
	return n, nil
}
