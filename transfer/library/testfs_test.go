package library

import (
	"crypto/sha1"
	"errors"
	"io"
	"io/fs"
	"maps"
	"sync"
	"sync/atomic"
	"testing/fstest"
	"time"

	"filbert/transfer/urn"
)

var errBroken = errors.New("medium error")

// memFS is a folder in memory that may change while it is shared, counts what
// is read, and breaks where it is told to.
type memFS struct {
	mu     sync.Mutex
	files  fstest.MapFS     // guarded by mu
	broken map[string]error // guarded by mu: opening fails

	bytesRead atomic.Int64
}

func newMemFS(contents map[string]string) *memFS {
	m := &memFS{files: fstest.MapFS{}, broken: map[string]error{}}
	for name, content := range contents {
		m.write(name, content)
	}
	return m
}

// write puts a file there that was changed long ago, at a time that depends on
// its content.
func (m *memFS) write(name, content string) {
	m.writeAt(name, content, time.Unix(int64(sha1.Sum([]byte(content))[0]), 0))
}

func (m *memFS) writeAt(name, content string, mtime time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	files := maps.Clone(m.files)
	files[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o644, ModTime: mtime}
	m.files = files
}

func (m *memFS) remove(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	files := maps.Clone(m.files)
	delete(files, name)
	m.files = files
}

func (m *memFS) damage(name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken[name] = err
}

func (m *memFS) Open(name string) (fs.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.broken[name]; err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := m.files.Open(name)
	if seeker, ok := f.(io.Seeker); ok {
		return &memFile{f, seeker, m}, err
	}
	return f, err
}

type memFile struct {
	fs.File
	io.Seeker
	fs *memFS
}

func (f *memFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.fs.bytesRead.Add(int64(n))
	return n, err
}

// endlessFS has one file that never ends.
type endlessFS struct{ fstest.MapFS }

func (e endlessFS) Open(name string) (fs.File, error) {
	f, err := e.MapFS.Open(name)
	if seeker, ok := f.(io.Seeker); ok {
		return &endlessFile{f, seeker}, err
	}
	return f, err
}

func (e endlessFS) Stat(name string) (fs.FileInfo, error) { return fs.Stat(e.MapFS, name) }

// ReadDir gives infos of files that seem to be large.
func (e endlessFS) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := e.MapFS.ReadDir(name)
	for i, entry := range entries {
		info, _ := entry.Info()
		entries[i] = fs.FileInfoToDirEntry(endlessInfo{info})
	}
	return entries, err
}

type endlessInfo struct{ fs.FileInfo }

func (endlessInfo) Size() int64 { return 1 << 60 }

type endlessFile struct {
	fs.File
	io.Seeker
}

func (f *endlessFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return endlessInfo{info}, err
}

func (f *endlessFile) Read(p []byte) (int, error) { return len(p), nil }

func sum(content string) urn.SHA1 { return sha1.Sum([]byte(content)) }
