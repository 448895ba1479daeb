package publications

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"filbert/transfer"
	"filbert/transfer/publication"
)

// unpackName begins the name of a folder in which a version is laid out: no file of a version
// begins with a dot.
const unpackName = ".filbert-"

// layOut makes the folder of a version out of its bundle, which is needed no more then. The
// folder appears at once, with all that is in it on the disk, under a name that nothing had.
func (d *Desk) layOut(ctx context.Context, u *unit, v *version) error {
	d.at(u, func(p *progress) { *p = progress{stage: LayingOut, here: p.here, reused: p.reused} })
	m := v.files
	tree, err := d.tree(u.ID, m, func() (io.ReaderAt, error) { return d.bundle(u, m) })
	if err != nil {
		if errors.Is(err, publication.ErrContent) { // the disk has it wrong
			err = errors.Join(err, os.Remove(d.file(u.ID, m.SHA1, suffixBundle)))
		}
		return err
	}
	if err := os.MkdirAll(u.base, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(u.base)
	if err != nil {
		return err
	}
	defer root.Close()
	name := strconv.FormatUint(v.number, 10)
	folder := publication.NewFolder(filepath.Join(u.base, name), m, tree)
	if info, err := root.Lstat(name); err != nil || !info.IsDir() || folder.Changed() > 0 { // else a kill came before our note of it
		if name, err = d.unpack(ctx, u, v, root, name); err != nil {
			return err
		}
		folder = publication.NewFolder(filepath.Join(u.base, name), m, tree)
	}
	d.mu.Lock()
	v.folder, v.name = folder, name
	held := append(slices.Clone(u.held), v)
	d.mu.Unlock()
	if err := d.keep(u, held); err != nil {
		return err
	}
	os.Remove(d.file(u.ID, m.SHA1, suffixBundle)) // if it stays, sweep or forget finds it
	return nil
}

// unpack lays out a bundle under a name like the one that is wanted.
func (d *Desk) unpack(ctx context.Context, u *unit, v *version, root *os.Root, want string) (string, error) {
	from, err := d.bundle(u, v.files)
	if err != nil {
		return "", err
	}
	defer from.Close()
	beside := unpackName + want + "-" + v.manifest.sum.String()[:8]
	if err := root.RemoveAll(beside); err != nil { // what a kill left
		return "", err
	}
	if err := publication.Unpack(ctx, v.files, from, root, beside); err != nil {
		return "", errors.Join(err, root.RemoveAll(beside))
	}
	for n := range maxDirTries {
		name := transfer.Numbered(want, n+1)
		if _, err := root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := root.Rename(beside, name); err != nil {
			return "", err
		}
		if at, err := root.Open("."); err == nil {
			at.Sync() // Windows has no such thing
			at.Close()
		}
		return name, nil
	}
	return "", fmt.Errorf("%d folders like %s are in %s", maxDirTries, want, u.base)
}

// prune removes the versions that are not to be kept any more: of their files those that are
// as they were laid out.
func (d *Desk) prune(u *unit) error {
	d.mu.Lock()
	held := u.held
	d.mu.Unlock()
	keep := held[len(held)-1].files.Keep
	if len(held) <= keep {
		return nil
	}
	root, err := os.OpenRoot(u.base)
	if err != nil {
		return err
	}
	defer root.Close()
	old, rest := held[:len(held)-keep], held[len(held)-keep:]
	for _, v := range old {
		publication.Remove(v.files, root, v.name)
	}
	if err := d.keep(u, slices.Clone(rest)); err != nil {
		return err
	}
	for _, v := range old {
		d.forget(u.ID, v, rest)
	}
	return nil
}
