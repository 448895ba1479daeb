package publication

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"filbert/transfer"
	"filbert/transfer/merkle"
)

// ErrContent: the bundle has not what its manifest says.
var ErrContent = errors.New("the content of the file is not that of the manifest")

// Unpack lays out a bundle in a new folder below root. Nothing that is there is written
// to, and all is on disk when it returns.
func Unpack(ctx context.Context, m *Manifest, bundle io.ReaderAt, root *os.Root, dir string) error {
	if err := root.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("publication: unpack: %w", err)
	}
	x := newIndex(m)
	made := map[string]bool{".": true}
	b := make([]byte, copyBytes)
	for i := range m.Files {
		f := &m.Files[i]
		if in := path.Dir(f.Path); !made[in] {
			if err := root.MkdirAll(filepath.Join(dir, filepath.FromSlash(in)), 0o755); err != nil {
				return fmt.Errorf("publication: unpack: %w", err)
			}
			made[in] = true
		}
		from := reader{ctx, io.NewSectionReader(bundle, x.starts[i], f.Size)}
		if err := f.write(root, filepath.Join(dir, filepath.FromSlash(f.Path)), from, b); err != nil {
			return fmt.Errorf("publication: unpack %s: %w", transfer.Display(f.Path), err)
		}
	}
	for in := range made {
		syncDir(root, filepath.Join(dir, filepath.FromSlash(in)))
	}
	return nil
}

// write makes the file.
func (f *File) write(root *os.Root, name string, from io.Reader, b []byte) (err error) {
	mode := fs.FileMode(0o644)
	if f.Executable {
		mode = 0o755
	}
	to, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	sum := merkle.NewBuilder(merkle.Blake3, f.Size)
	_, err = io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(to, sum)}, from, b)
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return err
	}
	switch tree, err := sum.Tree(); {
	case err != nil:
		return err
	case hashOf(tree) != f.Hash:
		return ErrContent
	}
	return root.Chtimes(name, f.ModTime, f.ModTime)
}

// syncDir makes the names in a folder durable, where folders can be synced.
func syncDir(root *os.Root, name string) {
	if d, err := root.Open(name); err == nil {
		d.Sync() // Windows has no such thing
		d.Close()
	}
}

// Remove removes from dir below root the files of a version that are as they were laid
// out, and then the folders that are empty. What else is there stays.
func Remove(m *Manifest, root *os.Root, dir string) {
	folders := map[string]bool{".": true}
	for i := range m.Files {
		f := &m.Files[i]
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if info, err := root.Lstat(name); err == nil && f.is(info) {
			root.Remove(name) // one that cannot be removed stays
		}
		for at := path.Dir(f.Path); !folders[at]; at = path.Dir(at) {
			folders[at] = true
		}
	}
	for _, at := range slices.Backward(slices.Sorted(maps.Keys(folders))) {
		if at != "." {
			root.Remove(filepath.Join(dir, filepath.FromSlash(at))) // fails where something is in it
		}
	}
	root.Remove(dir) // likewise
}
