package corpus

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

var errNegativeOffset = errors.New("corpus: negative offset")

// FS returns the library of a node as a file system with one folder. It holds no
// bytes: they are made when they are read. Its files are also io.ReaderAt and
// io.Seeker; all of them are from the year 2000.
func (l *Library) FS(node int) fs.FS {
	files := slices.Clone(l.nodes[node])
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.Name, b.Name) })
	return folder(files)
}

// folder is a file system of files in the order of their names.
type folder []*File

// Open implements fs.FS.
func (d folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return &openFolder{left: d}, nil
	}
	i, ok := slices.BinarySearchFunc(d, name, func(f *File, name string) int { return strings.Compare(f.Name, name) })
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openFile{file: d[i], SectionReader: io.NewSectionReader(&d[i].content, 0, d[i].Size)}, nil
}

// info describes a file, or the folder if there is none.
type info struct{ file *File }

func (i info) IsDir() bool                { return i.file == nil }
func (i info) ModTime() time.Time         { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }
func (i info) Sys() any                   { return nil }
func (i info) Type() fs.FileMode          { return i.Mode().Type() }
func (i info) Info() (fs.FileInfo, error) { return i, nil }
func (i info) String() string             { return fs.FormatFileInfo(i) }

func (i info) Name() string {
	if i.file == nil {
		return "."
	}
	return i.file.Name
}

func (i info) Size() int64 {
	if i.file == nil {
		return 0
	}
	return i.file.Size
}

func (i info) Mode() fs.FileMode {
	if i.file == nil {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// openFile is a file that is read.
type openFile struct {
	*io.SectionReader
	file *File
}

func (f *openFile) Stat() (fs.FileInfo, error) { return info{f.file}, nil }
func (f *openFile) Close() error               { return nil }

// openFolder is the folder that is listed.
type openFolder struct{ left []*File }

func (d *openFolder) Stat() (fs.FileInfo, error) { return info{}, nil }
func (d *openFolder) Close() error               { return nil }

func (d *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: ".", Err: errors.New("is a directory")}
}

// ReadDir implements fs.ReadDirFile.
func (d *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.left) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.left) {
		n = len(d.left)
	}
	entries := make([]fs.DirEntry, n)
	for i, f := range d.left[:n] {
		entries[i] = info{f}
	}
	d.left = d.left[n:]
	return entries, nil
}
