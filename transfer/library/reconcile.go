package library

import "time"

// startScan scans the share that is due, one at a time.
func (l *loop) startScan(now time.Time) {
	s := l.nextScan()
	if l.scanning || s == nil || s.dueAt().After(now) {
		return
	}
	l.scanning = true
	s.due = now.Add(l.cfg.Rescan)
	sc := &scanner{share: &s.Share, homes: l.cfg.Homes, quiet: l.cfg.Quiet}
	var dirs []string
	if l.watcher != nil && s.FS == nil {
		room := maxWatches
		for _, other := range l.shares {
			if other != s {
				room -= len(other.dirs)
			}
		}
		sc.watch = func(rel string) { dirs = l.watcher.add(dirs, s.Dir, rel, room) }
	}
	l.wg.Go(func() {
		out, err := sc.scan(l.ctx)
		l.post(l.ctx, scanned{s, out, dirs, err}) // an error means that the loop ends
	})
}

func (ev scanned) apply(l *loop, now time.Time) {
	l.scanning = false
	s := ev.share
	if s.removed {
		l.watcher.remove(ev.dirs)
		return
	}
	l.watcher.replace(s.dirs, ev.dirs)
	s.dirs = ev.dirs
	s.rest = now.Add(scanShare * ev.out.took)
	if ev.out.unsettled {
		s.touch(now.Add(l.cfg.Quiet))
	}
	s.status.Err, s.status.Scanned = ev.err, now
	s.status.Watched, s.status.Unwatched = len(ev.dirs), ev.out.folders-len(ev.dirs)
	s.status.Skipped, s.status.Problems, s.status.Unread = ev.out.skipped, ev.out.problems, ev.out.unread
	if ev.err != nil {
		l.cfg.Log.Warn().Err(ev.err).Msg("folder is not shared")
	}
	for _, found := range ev.out.files {
		l.take(s, found)
	}
	for rel, f := range s.files {
		if f.seen {
			f.seen = false
			continue
		}
		l.forget(f)
		if ev.err == nil && ev.out.unread == 0 { // else it may only be out of reach
			l.cfg.Cache.Delete(cacheKey(s.Dir, rel))
			l.cfg.Cache.Delete(treeKey(s.Dir, rel))
		}
	}
	l.publishStatus()
}

// take compares one file that was found with what is known of it.
func (l *loop) take(s *share, found found) {
	f := s.files[found.rel]
	if f != nil && f.id == found.id {
		f.seen = true
		return
	}
	if f != nil {
		l.forget(f)
	}
	if l.progress.filesSeen.Load() >= maxEntries {
		s.problem(Problem{found.rel, errTooMany})
		return
	}
	f = &file{share: s, rel: found.rel, id: found.id, seen: true}
	s.files[f.rel] = f
	l.progress.filesSeen.Add(1)
	l.progress.bytesTotal.Add(f.id.size)
	l.disks.add(f)
}
