package download

import (
	"context"
	"errors"
	"fmt"

	"filbert/transfer/merkle"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// denies reports whether a file with these trees is another one than that of the
// download, as it is for now.
func (d *download) denies(n names) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.terms.roots().denies(n) || d.lastTree != nil && n.deny(d.lastTree)
}

// Denies reports whether a file with these roots of hash trees, zero where unknown, is
// another one than that which the download with its SHA-1 is bound to.
func (m *Manager) Denies(id urn.SHA1, tiger urn.Tiger, blake3 urn.Blake3) bool {
	d := m.lookup(id)
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.terms.roots().denies(names{tiger, blake3})
}

// boundTo reports whether the file is bound to have that tree.
func (d *download) boundTo(t *merkle.Tree) bool {
	root, ok := d.bound.root(t.Kind())
	return ok && root == t.Root()
}

// checkRoots reads a file that is here whole, and holds it against the trees that it
// must have, unless it was verified by one. If they are others every byte is missing
// again, and the error wraps ErrRoots and store.ErrVerification.
func (d *download) checkRoots(ctx context.Context, p *store.Partial, progress func(int64)) error {
	if d.bound == (names{}) || d.tree != nil && d.boundTo(d.tree) && d.sources.inherited == 0 {
		return nil
	}
	var is names
	tiger, blake3 := merkle.NewBuilder(merkle.Tiger, d.file.Size), merkle.NewBuilder(merkle.Blake3, d.file.Size)
	b := make([]byte, min(readBytes, d.file.Size))
	for at := int64(0); at < d.file.Size; at += int64(len(b)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		b = b[:min(int64(len(b)), d.file.Size-at)]
		_, err := p.ReadAt(b, at)
		switch {
		case errors.Is(err, store.ErrClosed): // it has its name already, since this was looked at
			return nil
		case err != nil:
			return err
		}
		tiger.Write(b)
		blake3.Write(b)
		progress(at)
	}
	if t, err := tiger.Tree(); err == nil {
		root := t.Root()
		copy(is.tiger[:], root[:])
	}
	if t, err := blake3.Tree(); err == nil {
		is.blake3 = urn.Blake3(t.Root())
	}
	conflict := is.conflict(d.bound)
	if conflict == "" {
		return nil
	}
	return errors.Join(fmt.Errorf("download: %w: %s: %w", ErrRoots, conflict, store.ErrVerification), p.Reset())
}
