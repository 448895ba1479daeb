// Package fetched gives on what a node has fetched: who was given part of a file while it
// arrived is given the rest too, be its folder shared or not. The package does not send, and
// does not know what else is shared.
package fetched

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"sync"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// Files is those that were fetched since the node started, as long as they are what they
// were when they were verified. The zero value has none. Safe for concurrent use.
type Files struct {
	mu    sync.Mutex
	files []file // guarded by mu; at most maxFiles, the oldest first
	trees int    // guarded by mu; slices of all their trees, at most maxTrees unless one file has more
}

// Reader reads a file that was fetched.
type Reader interface {
	io.ReaderAt
	io.Closer
}

type file struct {
	transfer.File
	path string
	tree *merkle.Tree // nil: none is known
	info fs.FileInfo  // of the moment it was complete
}

// Add takes a file that was fetched and verified, and is at a path. The tree is nil if none
// is known.
func (f *Files) Add(of transfer.File, path string, tree *merkle.Tree) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	one := file{of, path, tree, info}
	f.files, f.trees = append(f.files, one), f.trees+one.slices()
	drop := 0
	for ; len(f.files)-drop > maxFiles || f.trees > maxTrees && drop < len(f.files)-1; drop++ {
		f.trees -= f.files[drop].slices()
	}
	f.files = slices.Delete(f.files, 0, drop)
	return nil
}

// slices is how many the tree of a file has.
func (f *file) slices() int {
	if f.tree == nil {
		return 0
	}
	return f.tree.Slices()
}

// Find finds a file by its hash, as it was when it was verified: it asks no disk.
func (f *Files) Find(h urn.SHA1) (transfer.File, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.files, func(one file) bool { return one.SHA1 == h })
	if i < 0 {
		return transfer.File{}, false
	}
	return f.files[i].File, true
}

// Hashes is those of all files, with the oldest first.
func (f *Files) Hashes() (all [][20]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.files {
		all = append(all, one.SHA1)
	}
	return all
}

// Open finds a file by its hash: what it is, its hash tree or nil, and a reader for one user,
// who closes it.
func (f *Files) Open(h urn.SHA1) (transfer.File, *merkle.Tree, Reader, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.files {
		if one.SHA1 == h {
			return one.File, one.tree, &reader{file: one}, true
		}
	}
	return transfer.File{}, nil, nil, false
}

// All is the files that still are what they were, each with its hash tree or nil.
func (f *Files) All() iter.Seq2[transfer.File, *merkle.Tree] {
	return func(yield func(transfer.File, *merkle.Tree) bool) {
		f.mu.Lock()
		all := slices.Clone(f.files)
		f.mu.Unlock()
		for _, one := range all {
			if info, err := os.Stat(one.path); err == nil && one.is(info) && !yield(one.File, one.tree) {
				return
			}
		}
	}
}

// is reports whether info is that of the file as it was.
func (f *file) is(info fs.FileInfo) bool {
	return os.SameFile(info, f.info) && info.Size() == f.info.Size() && info.ModTime().Equal(f.info.ModTime())
}

// errOther: what is there now is something else.
var errOther = errors.New("the file is another one now")

// reader reads a file that was fetched, which it opens when it is asked for
// bytes. It has one user.
type reader struct {
	file
	open *os.File
}

// ReadAt implements io.ReaderAt. Bytes of a file that has changed since it was
// verified are not given out.
func (r *reader) ReadAt(b []byte, off int64) (int, error) {
	if r.open == nil {
		f, err := os.Open(r.path)
		if err != nil {
			return 0, err
		}
		r.open = f
	}
	n, err := r.open.ReadAt(b, off)
	info, statErr := r.open.Stat()
	switch {
	case statErr != nil:
		return 0, statErr
	case !r.is(info):
		return 0, fmt.Errorf("fetched: read %s: %w", r.path, errOther)
	}
	return n, err
}

// Close closes the file, if it is open.
func (r *reader) Close() error {
	if r.open == nil {
		return nil
	}
	return r.open.Close()
}
