package library

import (
	"errors"
	"math"
	"path"
	"time"

	"filbert/transfer"
)

// startHashing gives idle workers something to do.
func (l *loop) startHashing() {
	for f := l.disks.next(l.cfg.Workers); f != nil; f = l.disks.next(l.cfg.Workers) {
		if f.share.files[f.rel] == f {
			l.jobs <- f // has room for one job per worker
		} else { // it went away while it waited
			l.disks.done(f)
		}
	}
}

// work is a worker: it hashes one file after the other.
func (l *loop) work() {
	h := &hasher{cache: l.cfg.Cache, progress: &l.progress, buf: make([]byte, hashBlock), turn: turn{pace: l.pace}}
	for {
		select {
		case f := <-l.jobs:
			s, counted, err := h.hash(l.ctx, f)
			l.post(l.ctx, hashed{f, s, counted, err}) // an error means that the loop ends
		case <-l.ctx.Done():
			return
		}
	}
}

func (ev hashed) apply(l *loop, now time.Time) {
	f := ev.file
	l.disks.done(f)
	if f.share.files[f.rel] != f {
		l.progress.bytesHashed.Add(-ev.counted)
		return
	}
	if ev.err == nil {
		l.admit(f, ev.sums)
		return
	}
	l.progress.bytesHashed.Add(-ev.counted)
	l.forget(f) // the next scan finds it again
	if errors.Is(ev.err, ErrChanged) {
		f.share.touch(now.Add(l.cfg.Quiet))
		return
	}
	f.share.problem(Problem{f.rel, ev.err})
	l.publishStatus()
}

// admit shares a file whose names are known.
func (l *loop) admit(f *file, s sums) {
	f.entry = &Entry{
		ID:      l.newID(),
		Name:    transfer.SafeName(path.Base(f.rel)),
		Rel:     f.rel,
		Share:   f.share.Dir,
		Size:    f.id.size,
		ModTime: time.Unix(0, f.id.mtime),
		SHA1:    s.sha1,
		Tiger:   s.tiger,
		Blake3:  s.blake3,
		source:  &f.share.Share,
		id:      f.id,
	}
	f.share.status.Files++
	f.share.status.Bytes += f.id.size
	l.progress.filesHashed.Add(1)
	l.added = append(l.added, f.entry)
}

// forget drops a file, shared or not yet.
func (l *loop) forget(f *file) {
	delete(f.share.files, f.rel)
	l.progress.filesSeen.Add(-1)
	l.progress.bytesTotal.Add(-f.id.size)
	if f.entry == nil {
		return // its worker, if it has one, will find that it is forgotten
	}
	f.share.status.Files--
	f.share.status.Bytes -= f.id.size
	l.progress.filesHashed.Add(-1)
	l.progress.bytesHashed.Add(-f.id.size)
	l.removed[f.entry] = struct{}{}
}

// newID is a number no shared file has. Those of files not published yet were
// given out just now, which is 2^32 numbers away.
func (l *loop) newID() uint32 {
	for {
		l.lastID++
		if l.lastID == 0 || l.lastID == math.MaxUint32 {
			continue
		}
		if _, used := l.current.Load().findID(l.lastID); !used {
			return l.lastID
		}
	}
}
