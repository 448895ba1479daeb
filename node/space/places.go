package space

import (
	"fmt"
	"os"
	"path/filepath"
)

// fits tells why a folder cannot be shared with a group: everybody gets it, or it is where
// another group's files go. Called with changing held.
func (s *Spaces) fits(sp *Space, dir string) error {
	for _, public := range s.cfg.Public() {
		if Overlap(dir, public) {
			return fmt.Errorf("%w: %s", ErrPublic, public)
		}
	}
	if s.cfg.Folder == "" || !Overlap(dir, s.cfg.Folder) || sp.folder != "" && within(dir, sp.folder) {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrPrivate, s.cfg.Folder)
}

// SharePublic shares a folder with everybody, by add, unless it overlaps what is a group's:
// the error wraps ErrPrivate then.
func (s *Spaces) SharePublic(dir string, add func() error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.bars(dir); err != nil {
		return err
	}
	return add()
}

// bars tells why a folder cannot be shared with everybody.
func (s *Spaces) bars(dir string) error {
	all := s.all()
	if len(all) > 0 && s.cfg.Folder != "" && Overlap(dir, s.cfg.Folder) {
		return fmt.Errorf("%w: %s", ErrPrivate, s.cfg.Folder)
	}
	for _, sp := range all {
		for _, kept := range sp.keptShares() {
			if Overlap(dir, kept.Dir) {
				return fmt.Errorf("%w: %s", ErrPrivate, kept.Dir)
			}
		}
	}
	return nil
}

// Overlap reports whether one of two folders is the other, or lies in it.
func Overlap(a, b string) bool { return within(a, b) || within(b, a) }

// within reports whether a path is a folder or lies below it, by whatever name either is
// reached.
func within(path, dir string) bool {
	path, dir = filepath.Clean(path), filepath.Clean(dir)
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return true
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	folder, err := os.Stat(dir)
	if err != nil {
		return false // nothing is there
	}
	for {
		if info, err := os.Stat(path); err == nil && os.SameFile(info, folder) {
			return true
		}
		above := filepath.Dir(path)
		if above == path {
			return false
		}
		path = above
	}
}
