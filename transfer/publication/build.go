package publication

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"filbert/transfer"
	"filbert/transfer/library"
	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// Errors of Build.
var (
	// ErrFolder: the folder cannot be published.
	ErrFolder = errors.New("the folder cannot be published")
	// ErrChanging: a file was written to while it was read.
	ErrChanging = errors.New("it changed while it was read")
)

// Left is what of a folder is not published.
type Left struct {
	Count int      // of files and folders
	Names []string // of the first of them, with the reason
}

func (l *Left) add(name, reason string) {
	if l.Count++; l.Count <= maxLeft {
		l.Names = append(l.Names, fmt.Sprintf("%s: %s", transfer.Display(name), reason))
	}
}

// Build reads the files of a folder. It fills in what m has of them: Files, SHA1 and Root.
func Build(ctx context.Context, dir string, m *Manifest) (*merkle.Tree, Left, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Left{}, fmt.Errorf("publication: %w: %w", ErrFolder, err)
	}
	defer root.Close()
	var left Left
	if m.Files, left, err = scan(ctx, root); err != nil {
		return nil, left, fmt.Errorf("publication: %w: %w", ErrFolder, err)
	}
	if err := m.Check(); err != nil {
		return nil, left, err
	}
	if len(m.AppendTo(nil)) > MaxManifest {
		return nil, left, fmt.Errorf("publication: %w: the names of %d files are too long together", ErrFolder, len(m.Files))
	}
	tree, err := m.hash(ctx, root)
	if err != nil {
		return nil, left, fmt.Errorf("publication: %w: %w", ErrFolder, err)
	}
	return tree, left, nil
}

// scan lists the files of a folder, and what of it cannot be published.
func scan(ctx context.Context, root *os.Root) (files []File, left Left, err error) {
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case name == ".":
			return nil
		}
		reason := ""
		switch base := path.Base(name); {
		case strings.HasPrefix(base, "."):
			reason = "it is hidden"
		case library.Private(base):
			reason = "its name is that of keys, passwords or mail"
		case transfer.SafeName(base) != base:
			reason = "its name is not one on every system"
		case len(name) > maxPath || strings.Count(name, "/") >= maxDepth:
			reason = "its path is too long or too deep"
		case !d.IsDir() && !d.Type().IsRegular():
			reason = "it is no file"
		}
		if reason != "" {
			left.add(name, reason)
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if len(files) == MaxFiles {
			return fmt.Errorf("it has more than %d files", MaxFiles)
		}
		files = append(files, File{
			Path: name, Size: info.Size(), ModTime: info.ModTime().Truncate(stampGrain), Executable: info.Mode()&0o100 != 0,
		})
		return nil
	})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, left, err
}

// hash reads all files.
func (m *Manifest) hash(ctx context.Context, root *os.Root) (*merkle.Tree, error) {
	sum, bundle := sha1.New(), merkle.NewBuilder(merkle.Blake3, m.Size())
	b := make([]byte, copyBytes)
	for i := range m.Files {
		f := &m.Files[i]
		own := merkle.NewBuilder(merkle.Blake3, f.Size)
		if err := f.read(ctx, root, io.MultiWriter(sum, bundle, own), b); err != nil {
			return nil, fmt.Errorf("%s: %w", transfer.Display(f.Path), err)
		}
		hash, err := own.Tree()
		if err != nil {
			return nil, err
		}
		f.Hash = hashOf(hash)
	}
	tree, err := bundle.Tree()
	if err != nil {
		return nil, err
	}
	sum.Sum(m.SHA1[:0])
	m.Root = urn.Blake3(tree.Root())
	return tree, nil
}

func hashOf(t *merkle.Tree) (h Hash) {
	root := t.Root()
	copy(h[:], root[:])
	return h
}

// read gives a file to w if it is as it was found, before and after.
func (f *File) read(ctx context.Context, root *os.Root, w io.Writer, b []byte) error {
	file, err := openIn(root, f.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, reader{ctx, io.LimitReader(file, f.Size)}, b)
	if err != nil {
		return err
	}
	switch info, err := file.Stat(); {
	case err != nil:
		return err
	case n != f.Size || !f.is(info):
		return ErrChanging
	}
	return nil
}

// openIn opens a regular file below root; what only looks like one is not waited for.
func openIn(root *os.Root, name string) (*os.File, error) {
	name = filepath.FromSlash(name)
	if info, err := root.Lstat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("it is no file")}
	}
	return root.Open(name)
}

// reader ends with a context.
type reader struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}
