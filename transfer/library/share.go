package library

import (
	"path/filepath"
	"slices"
	"time"
)

// share is a shared folder and its files, owned by the loop.
type share struct {
	Share
	files map[string]*file // by path below the share
	dirs  []string         // paths that are watched

	due  time.Time // when it is to be scanned next
	rest time.Time // before which it is not scanned

	status  Status // but for what publishStatus fills in
	removed bool   // it is not in the loop's shares any more
}

// file is a file a scan found, owned by the loop; a worker reads share, rel and
// id, which never change.
type file struct {
	share *share
	rel   string
	id    ident
	entry *Entry // nil until it is hashed
	seen  bool   // by the scan being taken in
}

func (s *share) problem(p Problem) {
	s.status.Unread++
	if len(s.status.Problems) < maxProblems {
		s.status.Problems = append(s.status.Problems, p)
	}
}

// begin takes the shares of the configuration.
func (l *loop) begin(now time.Time) {
	for _, s := range l.cfg.Shares {
		if s.FS == nil {
			s.Dir = filepath.Clean(s.Dir)
		}
		if l.overlaps(&s) {
			l.barred = append(l.barred, Status{Dir: s.Dir, Forced: s.Forced, Err: ErrOverlap})
			l.cfg.Log.Warn().Err(ErrOverlap).Str("dir", s.Dir).Msg("folder is not shared")
			continue
		}
		l.add(s, now)
	}
	l.publishStatus()
}

func (l *loop) add(s Share, now time.Time) {
	l.shares = append(l.shares, &share{Share: s, files: map[string]*file{}, due: now})
}

// overlaps reports whether a folder is shared already, or one in it or around
// it is.
func (l *loop) overlaps(s *Share) bool {
	return slices.ContainsFunc(l.shares, func(other *share) bool {
		if s.FS != nil || other.FS != nil {
			return s.Dir == other.Dir
		}
		return isBelow(s.Dir, other.Dir) || isBelow(other.Dir, s.Dir)
	})
}

// isBelow reports whether p is dir or lies below it.
func isBelow(p, dir string) bool {
	rel, err := filepath.Rel(dir, p)
	return err == nil && filepath.IsLocal(rel)
}

// nextScan is the share that is to be scanned first, nil if there is none.
func (l *loop) nextScan() *share {
	var first *share
	for _, s := range l.shares {
		if first == nil || s.dueAt().Before(first.dueAt()) {
			first = s
		}
	}
	return first
}

func (s *share) dueAt() time.Time {
	if s.due.Before(s.rest) {
		return s.rest
	}
	return s.due
}

// touch has the share scanned when it has been left alone for a while.
func (s *share) touch(at time.Time) {
	if at.Before(s.due) {
		s.due = at
	}
}
