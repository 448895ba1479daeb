package publication

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
)

// ErrChanged: a file is not any more what was published.
var ErrChanged = errors.New("the file is another one now")

// Folder is a version whose files lie in a folder. Safe for concurrent use.
type Folder struct {
	dir  string
	all  index
	tree *merkle.Tree

	mu      sync.Mutex
	changed map[int]bool // files that are not what they were, as far as it was noticed
	have    ranges.Set   // never changed, but replaced
}

// NewFolder is the version of a manifest and the tree of its bundle, whose files are in
// dir: those of them that look as they did when they were published or laid out. Without a
// tree it can be read, and says that it has nothing.
func NewFolder(dir string, m *Manifest, tree *merkle.Tree) *Folder {
	f := &Folder{dir: dir, all: newIndex(m), tree: tree, changed: map[int]bool{}}
	f.Look()
	return f
}

// Manifest is what the version consists of.
func (f *Folder) Manifest() *Manifest { return f.all.Manifest }

// Dir is where its files are.
func (f *Folder) Dir() string { return f.dir }

// Tree is the hash tree of the bundle.
func (f *Folder) Tree() *merkle.Tree { return f.tree }

// Have is the slices of the bundle whose files are unchanged, as far as that was noticed.
func (f *Folder) Have() ranges.Set {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.have.Clone()
}

// Changed is how many files are not what they were, as far as that was noticed.
func (f *Folder) Changed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.changed)
}

// Look looks at every file anew.
func (f *Folder) Look() {
	changed := map[int]bool{}
	root, err := os.OpenRoot(f.dir)
	if err == nil {
		defer root.Close()
	}
	for i := range f.all.Files {
		file := &f.all.Files[i]
		if err == nil {
			if info, err := root.Lstat(filepath.FromSlash(file.Path)); err == nil && file.is(info) {
				continue
			}
		}
		changed[i] = true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = changed
	f.measureLocked()
}

// lost notes that a file is not what it was.
func (f *Folder) lost(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.changed[i] {
		f.changed[i] = true
		f.measureLocked()
	}
}

// measureLocked finds the slices that are whole; none without a tree.
func (f *Folder) measureLocked() {
	var have ranges.Set
	if f.tree == nil {
		return
	}
	have.Add(ranges.Range{End: f.all.size()})
	for i := range f.changed {
		if span := f.all.span(i); !span.Empty() {
			last := f.tree.Span(f.tree.Slice(span.End - 1))
			have.Remove(ranges.Range{Start: f.tree.Span(f.tree.Slice(span.Start)).Start, End: last.End})
		}
	}
	f.have = have
}

// Reader reads the bundle of a Folder. It has one user, who closes it.
type Reader struct {
	folder *Folder
	root   *os.Root
	file   *os.File // that was read last
	of     int      // which one it is
}

// Reader is a reader of the bundle.
func (f *Folder) Reader() *Reader { return &Reader{folder: f} }

// ReadAt implements io.ReaderAt. Bytes of files that look changed are not given out: the
// error wraps ErrChanged.
func (r *Reader) ReadAt(b []byte, off int64) (int, error) {
	return r.folder.all.read(b, off, func(i int, b []byte, at int64) error {
		file := &r.folder.all.Files[i]
		err := r.read(i, file, b, at)
		if err != nil {
			r.folder.lost(i)
			return fmt.Errorf("publication: read %s: %w: %w", transfer.Display(file.Path), ErrChanged, err)
		}
		return nil
	})
}

var errStamp = errors.New("its size or time differs")

func (r *Reader) read(i int, file *File, b []byte, at int64) error {
	if r.file == nil || r.of != i {
		r.drop()
		if r.root == nil {
			root, err := os.OpenRoot(r.folder.dir)
			if err != nil {
				return err
			}
			r.root = root
		}
		opened, err := openIn(r.root, file.Path)
		if err != nil {
			return err
		}
		r.file, r.of = opened, i
	}
	if _, err := r.file.ReadAt(b, at); err != nil {
		return err
	}
	info, err := r.file.Stat()
	if err == nil && !file.is(info) {
		err = errStamp
	}
	return err
}

func (r *Reader) drop() {
	if r.file != nil {
		r.file.Close() // it was only read
		r.file = nil
	}
}

// Close closes what is open.
func (r *Reader) Close() error {
	r.drop()
	if r.root == nil {
		return nil
	}
	root := r.root
	r.root = nil
	return root.Close()
}
