package download

import (
	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// Shared is the verified part of a file that is still arriving. It may be used
// until the file is whole, or its download pauses; reading fails then.
type Shared struct {
	File transfer.File
	Tree *merkle.Tree // that it is verified by

	partial *store.Partial
}

// Have is the bytes that are here.
func (s Shared) Have() ranges.Set { return s.partial.Present() }

// ReadAt reads bytes that are here. It implements io.ReaderAt; the error wraps
// store.ErrIncomplete if one of them is not.
func (s Shared) ReadAt(b []byte, off int64) (int, error) { return s.partial.ReadAt(b, off) }

// Close does nothing: the file stays the download's.
func (s Shared) Close() error { return nil }

// Shared gives the verified part of a file that is arriving right now. It reports
// false if there is no such download, or nothing yet to verify its parts by.
func (m *Manager) Shared(sha1 urn.SHA1) (Shared, bool) {
	d := m.lookup(sha1)
	if d == nil {
		return Shared{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shared, d.shared.partial != nil
}

// Tree is the hash tree that a download was verified by last, nil if there is none.
func (m *Manager) Tree(sha1 urn.SHA1) *merkle.Tree {
	d := m.lookup(sha1)
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lastTree
}

// shares reports whether there is something here that others can have.
func (d *download) shares() bool {
	d.mu.Lock()
	p := d.shared.partial
	d.mu.Unlock()
	return p != nil && p.Written() > 0
}

// share lets others at what is here, from now on or no more. Every byte of p was
// verified by t.
func (d *download) share(p *store.Partial, t *merkle.Tree) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shared = Shared{File: d.file, Tree: t, partial: p}
	if t != nil {
		d.lastTree = t
	}
}
