package library

import (
	"path/filepath"
	"slices"
	"time"
)

// event is something the loop is told.
type event interface{ apply(l *loop, now time.Time) }

type (
	// addShare, removeShare and rescan are asked by the user. Their replies have
	// room for the answer.
	addShare struct {
		share Share
		reply chan<- error
	}
	removeShare struct {
		dir   string
		reply chan<- error
	}
	rescan struct{ reply chan<- error }

	// scanned is the end of a scan.
	scanned struct {
		share *share
		out   scan
		dirs  []string // paths that are watched now
		err   error
	}

	// hashed is the end of a worker's job.
	hashed struct {
		file    *file
		sums    sums
		counted int64 // bytes it added to the progress
		err     error
	}

	// touched tells of a change somewhere in a share, or at a path below one, or
	// anywhere if both are empty.
	touched struct{ share, path string }
)

func (ev addShare) apply(l *loop, now time.Time) {
	if l.overlaps(&ev.share) {
		ev.reply <- ErrOverlap
		return
	}
	l.add(ev.share, now)
	l.publishStatus()
	ev.reply <- nil
}

func (ev removeShare) apply(l *loop, now time.Time) {
	if i := slices.IndexFunc(l.barred, func(s Status) bool { return s.Dir == ev.dir }); i >= 0 {
		l.barred = slices.Delete(l.barred, i, i+1)
		l.publishStatus()
		ev.reply <- nil
		return
	}
	i := slices.IndexFunc(l.shares, func(s *share) bool { return s.Dir == ev.dir })
	if i < 0 {
		ev.reply <- ErrNotShare
		return
	}
	s := l.shares[i]
	s.removed = true
	l.shares = slices.Delete(l.shares, i, i+1)
	for _, f := range s.files {
		l.forget(f)
	}
	l.watcher.remove(s.dirs)
	l.publish(now)
	ev.reply <- nil
}

func (ev rescan) apply(l *loop, now time.Time) {
	for _, s := range l.shares {
		s.due, s.rest = now, now
	}
	ev.reply <- nil
}

func (ev touched) apply(l *loop, now time.Time) {
	if ev.path != "" && skipName(filepath.Base(ev.path)) != NotSkipped {
		return // a download in progress, say: not ours
	}
	for _, s := range l.shares {
		if ev == (touched{}) || ev.share == s.Dir || ev.path != "" && isBelow(ev.path, s.Dir) {
			s.touch(now.Add(l.cfg.Quiet))
		}
	}
}
