package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"filbert/transfer"
	"filbert/transfer/ranges"
)

// openPartial opens what is there, or starts anew.
func (s *Store) openPartial(f transfer.File, output string) (*Partial, error) {
	name := journalName(f.SHA1)
	l, err := s.load(f.SHA1)
	switch {
	case err == nil && l.file.Size != f.Size:
		return nil, fmt.Errorf("store: open %s: %w: it is there with %d bytes, not %d", f.SHA1, ErrConflict, l.file.Size, f.Size)
	case err == nil && l.output != output:
		return nil, fmt.Errorf("store: open %s: %w: it is meant for %q, not %q", f.SHA1, ErrConflict, l.output, output)
	case err == nil:
		return s.resume(l)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrCorrupt):
		if err := s.checkOutput(output); err != nil {
			return nil, err
		}
		if len(f.Name) > maxNameBytes {
			f.Name = transfer.SafeName(f.Name)
		}
		return s.begin(contents{file: f, output: output})
	default:
		return nil, fmt.Errorf("store: open %s: %w", name, err)
	}
}

// checkOutput refuses, before the first byte is fetched, a path that the
// complete file could not have.
func (s *Store) checkOutput(output string) error {
	if output == "" {
		return nil
	}
	if !filepath.IsAbs(output) || len(output) > maxNameBytes {
		return fmt.Errorf("store: output %.64q: not an absolute path of at most %d bytes", output, maxNameBytes)
	}
	dir, name := filepath.Split(output)
	folder, err := s.cfg.Elsewhere(dir)
	if err != nil {
		return wrap("open output folder", dir, err)
	}
	defer folder.Close()
	names, err := folder.List(".")
	if err != nil {
		return wrap("list", dir, err)
	}
	if slices.Contains(names, name) {
		return fmt.Errorf("store: output %s: %w", output, fs.ErrExist)
	}
	return nil
}

// begin makes a new partial file. The journal comes first, so that no kill
// leaves behind a file that nothing claims.
func (s *Store) begin(c contents) (*Partial, error) {
	free, err := s.cfg.FS.Free()
	if err != nil {
		return nil, wrap("free space of", s.cfg.Folder, err)
	}
	if need := c.file.Size + minFree; need > free {
		return nil, fmt.Errorf("store: %s: %w", transfer.Display(c.file.Name), &SpaceError{Need: need, Have: free})
	}
	p := newPartial(s, c)
	if err := p.journal.rewrite(c); err != nil {
		return nil, errors.Join(err, p.journal.close(), s.remove(c.file.SHA1))
	}
	if err := p.allocate(); err != nil {
		return nil, errors.Join(err, p.closeFiles(), s.remove(c.file.SHA1))
	}
	return p, nil
}

// resume opens a partial file, drops the claims its bytes do not bear out, and
// writes the journal anew before anything else is done with it. It is never
// appended to by a later process: after a failed sync and a kill it may read
// well, out of memory, and not be on disk.
func (s *Store) resume(l loaded) (*Partial, error) {
	p := newPartial(s, l.contents)
	err := s.keepDamaged(l)
	if err == nil {
		err = p.openData()
	}
	if err == nil {
		err = p.journal.rewrite(p.said)
	}
	if err == nil && !p.appeared {
		err = p.allocate()
	}
	if err != nil {
		return nil, errors.Join(err, p.closeFiles())
	}
	return p, nil
}

// keepDamaged sets a journal aside of which more is unreadable than the one
// record that a kill tears. What stood before the damage still holds.
func (s *Store) keepDamaged(l loaded) error {
	if l.size-l.good <= frameBytes+maxRecordBytes {
		return nil
	}
	name := journalName(l.file.SHA1)
	if err := s.cfg.FS.Link(name, s.cfg.FS, setAside(name)); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return wrap("set aside", name, err)
	}
	return nil
}

// openData opens the bytes and drops claims beyond their end. If there are none
// but the file is there that they were about to become, they are taken to be
// complete until Complete has looked.
func (p *Partial) openData() (err error) {
	name := partialName(p.file.SHA1)
	size := int64(0)
	p.data, err = p.store.cfg.FS.Open(name)
	switch {
	case err == nil:
		size, err = p.data.Size()
	case errors.Is(err, fs.ErrNotExist):
		p.appeared, err = p.targetFits()
	}
	if err != nil {
		return wrap("open", name, err)
	}
	if p.appeared {
		p.said.have.Add(p.whole())
	} else {
		p.said.have.Remove(ranges.Range{Start: size, End: p.file.Size})
	}
	p.written = p.said.have.Clone()
	return nil
}

// allocate makes the file of the bytes, if it is not open yet, sets its space
// aside and gives it its full length. The zeros are nobody's claim.
func (p *Partial) allocate() (err error) {
	name := partialName(p.file.SHA1)
	if p.data == nil {
		fsys := p.store.cfg.FS
		if p.data, err = fsys.Create(name); errors.Is(err, fs.ErrExist) {
			p.data, err = fsys.Open(name)
		}
		if err != nil {
			return wrap("create", name, err)
		}
		if err := fsys.SyncDir(stateDir); err != nil {
			return wrap("sync", stateDir, err)
		}
	}
	switch size, err := p.data.Size(); {
	case err != nil:
		return wrap("extend", name, err)
	case size == p.file.Size:
		return nil
	}
	if err := p.data.Reserve(p.file.Size); err != nil {
		return wrap("reserve", name, err)
	}
	return wrap("extend", name, p.data.Truncate(p.file.Size))
}
