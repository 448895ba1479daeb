package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/upload"
	"filbert/transfer/urn"
)

// fetched is the files that were fetched since the node started. Who was given part
// of one while it arrived is given the rest too, be its folder shared or not, as long
// as it is what it was when it was verified.
type fetched struct {
	mu    sync.Mutex
	files []fetchedFile // guarded by mu; at most maxFetched, the oldest first
}

type fetchedFile struct {
	transfer.File
	path string
	tree *merkle.Tree // nil: none is known
	info fs.FileInfo  // of the moment it was complete
}

// add takes a download that is complete.
func (f *fetched) add(st download.Status, tree *merkle.Tree) error {
	info, err := os.Stat(st.Path)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.files) == maxFetched {
		f.files = f.files[:copy(f.files, f.files[1:])]
	}
	f.files = append(f.files, fetchedFile{st.File, st.Path, tree, info})
	return nil
}

// part is a file as uploads give it.
func (f *fetched) part(h urn.SHA1) (upload.Partial, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.files {
		if file.SHA1 == h {
			p := upload.Partial{File: file.File, Tree: file.tree, ReaderAt: &fetchedReader{fetchedFile: file}}
			p.Have.Add(ranges.Range{End: file.Size})
			return p, true
		}
	}
	return upload.Partial{}, false
}

// errOther: what is there now is something else.
var errOther = errors.New("the file is another one now")

// fetchedReader reads a file that was fetched, which it opens when it is asked for
// bytes. It has one user.
type fetchedReader struct {
	fetchedFile
	open *os.File
}

// ReadAt implements io.ReaderAt. Bytes of a file that has changed since it was
// verified are not given out.
func (r *fetchedReader) ReadAt(b []byte, off int64) (int, error) {
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
	case !os.SameFile(info, r.info) || info.Size() != r.info.Size() || !info.ModTime().Equal(r.info.ModTime()):
		return 0, fmt.Errorf("node: read %s: %w", r.path, errOther)
	}
	return n, err
}

// Close closes the file, if it is open.
func (r *fetchedReader) Close() error {
	if r.open == nil {
		return nil
	}
	return r.open.Close()
}
