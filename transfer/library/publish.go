package library

import (
	"slices"
	"time"
)

func (l *loop) changed() bool { return len(l.added)+len(l.removed) > 0 }

// publishIfDue lets everybody see what changed, now and then.
func (l *loop) publishIfDue(now time.Time) {
	if l.changed() && now.Sub(l.published) >= publishEvery {
		l.publish(now)
	}
}

func (l *loop) publish(now time.Time) {
	old := l.current.Load()
	l.current.Store(old.with(l.added, l.removed))
	l.added, l.published = nil, now
	clear(l.removed)
	l.publishStatus()
	close(old.next)
}

func (l *loop) publishStatus() {
	out := slices.Clone(l.barred)
	for _, s := range l.shares {
		st := s.status
		st.Dir, st.Forced = s.Dir, s.Forced
		st.Waiting = len(s.files) - st.Files
		st.Problems = slices.Clone(st.Problems)
		out = append(out, st)
	}
	l.statuses.Store(&out)
}
