package store

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// Config is what a Store stands on.
type Config struct {
	// FS is the download folder. The store does not close it.
	FS FS
	// Folder is where FS lies, for the paths the store gives back.
	Folder string
	// Elsewhere opens the folder of an output path; nil means OpenDisk.
	Elsewhere func(dir string) (FS, error)
	// FlushAfter is the longest a written byte waits for its sync to begin;
	// 0 means DefaultFlushAfter.
	FlushAfter time.Duration
	// FlushBytes is how many written bytes start a sync at once; 0 means
	// DefaultFlushBytes. Four times that may be written and not synced.
	FlushBytes int64
}

func (c Config) withDefaults() Config {
	if c.Elsewhere == nil {
		c.Elsewhere = func(dir string) (FS, error) { return OpenDisk(dir) }
	}
	if c.FlushAfter == 0 {
		c.FlushAfter = DefaultFlushAfter
	}
	if c.FlushBytes == 0 {
		c.FlushBytes = DefaultFlushBytes
	}
	return c
}

// Store is the partial files of one download folder. Safe for concurrent use.
type Store struct {
	cfg Config

	mu   sync.Mutex
	open map[urn.SHA1]bool // partial files in use: bounded by who opens them
}

// Entry is a partial file as List finds it.
type Entry struct {
	File   transfer.File
	Output string // where the user wants it, "" for the download folder
	Have   int64  // durable bytes, as its journal says
	Note   string // as SetNote kept it
}

// New takes over a download folder: it makes the folder of partial files and
// clears away what a kill left there of files that were removed or written anew.
func New(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg.withDefaults(), open: map[urn.SHA1]bool{}}
	if err := s.cfg.FS.Mkdir(stateDir); err != nil {
		return nil, wrap("make folder", stateDir, err)
	}
	if err := s.cfg.FS.SyncDir("."); err != nil {
		return nil, wrap("sync", cfg.Folder, err)
	}
	names, err := s.cfg.FS.List(stateDir)
	if err != nil {
		return nil, wrap("list", stateDir, err)
	}
	claimed := map[string]bool{}
	for _, name := range names {
		if stem, _, ok := strings.Cut(name, journalSuffix); ok && !strings.HasSuffix(name, tempSuffix) {
			claimed[stem] = true // also by a journal that was set aside
		}
	}
	for _, name := range names {
		stem, partial := strings.CutSuffix(name, partialSuffix)
		if strings.HasSuffix(name, tempSuffix) || partial && !claimed[stem] {
			if err := s.cfg.FS.Remove(inState(name)); err != nil {
				return nil, wrap("remove", name, err)
			}
		}
	}
	return s, nil
}

// List is the partial files there are, in order of their hashes. A journal
// that is not readable is set aside; its file is not listed, and the error,
// which wraps ErrCorrupt, says so. The entries are right whatever the error.
func (s *Store) List() ([]Entry, error) {
	names, err := s.cfg.FS.List(stateDir)
	if err != nil {
		return nil, wrap("list", stateDir, err)
	}
	var entries []Entry
	var errs []error
	for _, name := range names {
		stem, ok := strings.CutSuffix(name, journalSuffix)
		if !ok {
			continue
		}
		sha1, err := urn.ParseSHA1(stem)
		if err != nil || sha1.String() != stem {
			continue // not ours
		}
		l, err := s.load(sha1)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		entries = append(entries, Entry{File: l.file, Output: l.output, Have: l.have.Len(), Note: l.note})
	}
	return entries, errors.Join(errs...)
}

// Open opens the partial file of f, or makes one if there is none. The output
// is the absolute path the complete file is to have, or "" for a name after
// f.Name in the download folder; a name that is taken is never taken over but
// numbered, except that an output path taken from the start is fs.ErrExist.
//
// The error wraps ErrOpen if it is in use, ErrConflict if it is there with
// another size or output, ErrNoSpace if the disk has no room for it.
func (s *Store) Open(f transfer.File, output string) (*Partial, error) {
	if f.Size < 0 {
		return nil, fmt.Errorf("store: open %s: %d bytes", f.SHA1, f.Size)
	}
	if !s.acquire(f.SHA1) {
		return nil, fmt.Errorf("store: open %s: %w", f.SHA1, ErrOpen)
	}
	p, err := s.openPartial(f, output)
	if err != nil {
		s.release(f.SHA1)
		return nil, err
	}
	p.loop.Go(p.flushLoop)
	p.front.running.Go(p.hashLoop)
	return p, nil
}

// Remove deletes the partial file with that hash; nil if there is none. The
// journal goes first: without it nothing comes back.
func (s *Store) Remove(sha1 urn.SHA1) error {
	if !s.acquire(sha1) {
		return fmt.Errorf("store: remove %s: %w", sha1, ErrOpen)
	}
	defer s.release(sha1)
	return s.remove(sha1)
}

func (s *Store) remove(sha1 urn.SHA1) error {
	own := s.cfg.FS
	if l, err := readJournal(own, journalName(sha1)); err == nil && l.output != "" {
		if folder, err := s.cfg.Elsewhere(filepath.Dir(l.output)); err == nil {
			err := dropIfThere(place{folder, copyName(sha1)})
			if err := errors.Join(err, folder.Close()); err != nil {
				return wrap("remove copy of", sha1.String(), err)
			}
		}
	}
	if err := dropIfThere(place{own, journalName(sha1)}); err != nil {
		return wrap("remove", journalName(sha1), err)
	}
	if err := own.SyncDir(stateDir); err != nil {
		return wrap("sync", stateDir, err)
	}
	return wrap("remove", partialName(sha1), dropIfThere(place{own, partialName(sha1)}))
}

// Free is the space left in the download folder (bytes).
func (s *Store) Free() (int64, error) {
	free, err := s.cfg.FS.Free()
	return free, wrap("free space of", s.cfg.Folder, err)
}

// load reads the journal of a partial file. One that is not readable is set
// aside. The error wraps fs.ErrNotExist if there is none, ErrCorrupt if it was
// set aside.
func (s *Store) load(sha1 urn.SHA1) (loaded, error) {
	name := journalName(sha1)
	l, err := readJournal(s.cfg.FS, name)
	if err == nil && l.file.SHA1 != sha1 {
		err = fmt.Errorf("store: read %s: %w: it is that of %s", name, ErrCorrupt, l.file.SHA1)
	}
	if errors.Is(err, ErrCorrupt) {
		if renameErr := s.cfg.FS.Rename(name, setAside(name)); renameErr != nil {
			return loaded{}, wrap("set aside", name, renameErr)
		}
	}
	return l, err
}

// folder is where the complete file goes, and the name it goes by.
func (s *Store) folder(f transfer.File, output string) (dir, name string) {
	if output == "" {
		return s.cfg.Folder, transfer.SafeName(f.Name)
	}
	return filepath.Split(output)
}

// acquire marks a partial file as in use, and reports false if it is.
func (s *Store) acquire(sha1 urn.SHA1) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[sha1] {
		return false
	}
	s.open[sha1] = true
	return true
}

func (s *Store) release(sha1 urn.SHA1) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha1)
}

func inState(name string) string       { return path.Join(stateDir, name) }
func partialName(sha1 urn.SHA1) string { return inState(sha1.String() + partialSuffix) }
func journalName(sha1 urn.SHA1) string { return inState(sha1.String() + journalSuffix) }
func setAside(name string) string      { return name + corruptMark + time.Now().UTC().Format(corruptTime) }
