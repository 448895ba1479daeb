package library

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// errNotRegular: a path that named a file names something else now.
var errNotRegular = errors.New("not a regular file")

// File is an open shared file. It is an *os.File if the share is on disk, so
// that it can leave by sendfile.
type File interface {
	io.ReadSeekCloser
	Stat() (fs.FileInfo, error)
}

// tree is one shared folder, opened. Paths in it are slash-separated and
// relative, "." is the folder itself. Nothing outside the folder is reached.
type tree interface {
	// readDir lists a folder, sorted by name. Infos are those of the entries
	// themselves, not of what links among them point to.
	readDir(rel string) ([]fs.DirEntry, error)
	// open opens a regular file for reading and never blocks on anything else.
	open(rel string) (File, error)
	Close() error
}

// openTree opens the folder of a share. A folder on disk is opened anew each
// time: disks are unplugged and folders are replaced while we run.
func openTree(s *Share) (tree, error) {
	if s.FS != nil {
		return fsTree{s.FS}, nil
	}
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return nil, err
	}
	return diskTree{root}, nil
}

// diskTree keeps every access below its os.Root, symbolic links included.
type diskTree struct{ root *os.Root }

func (t diskTree) Close() error { return t.root.Close() }

func (t diskTree) readDir(rel string) ([]fs.DirEntry, error) {
	dir, err := t.root.OpenFile(filepath.FromSlash(rel), os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (t diskTree) open(rel string) (File, error) {
	name := filepath.FromSlash(rel)
	// Looked at before it is opened, as opening some devices does something, and
	// after, as it may have been exchanged in between.
	info, err := t.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: %w", rel, errNotRegular)
	}
	f, err := t.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("open %s: %w", rel, errNotRegular)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// fsTree is a folder of any fs.FS whose files can seek.
type fsTree struct{ fsys fs.FS }

func (fsTree) Close() error { return nil }

func (t fsTree) readDir(rel string) ([]fs.DirEntry, error) { return fs.ReadDir(t.fsys, rel) }

func (t fsTree) open(rel string) (File, error) {
	f, err := t.fsys.Open(rel)
	if err != nil {
		return nil, err
	}
	file, ok := f.(File)
	if !ok {
		f.Close()
		return nil, fmt.Errorf("open %s: file system without seek", rel)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("open %s: %w", rel, errNotRegular)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return file, nil
}
