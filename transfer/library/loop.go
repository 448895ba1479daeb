package library

import (
	"context"
	"errors"
	"sync"
	"time"
)

// never is longer than anything waits here.
const never = 24 * time.Hour

// loop is the state that Run owns.
type loop struct {
	*Library
	ctx     context.Context
	wg      sync.WaitGroup
	watcher *watcher // nil if nothing is watched
	jobs    chan *file

	shares   []*share
	barred   []Status // of shares of the configuration that overlap others
	scanning bool
	disks    disks // the files to be hashed
	pace     *pace
	lastID   uint32

	added     []*Entry            // since the last publication
	removed   map[*Entry]struct{} // since the last publication
	published time.Time
}

// Run scans, hashes and watches until ctx ends, and returns when everything it
// started has ended: nil, or the error that it was called twice.
func (l *Library) Run(ctx context.Context) error {
	if l.started.Swap(true) {
		return errors.New("library: run twice")
	}
	defer close(l.done)
	lo := &loop{
		Library: l,
		ctx:     ctx,
		jobs:    make(chan *file, l.cfg.Workers),
		disks:   newDisks(l.cfg.Disk),
		pace:    newPace(l.cfg),
		removed: map[*Entry]struct{}{},
	}
	if l.cfg.Watch {
		lo.watch()
	}
	for range l.cfg.Workers {
		lo.wg.Go(lo.work)
	}
	lo.begin(time.Now())
	lo.run()
	lo.wg.Wait()
	return nil
}

// run is the loop: one inbox, one timer.
func (l *loop) run() {
	timer := time.NewTimer(never)
	defer timer.Stop()
	for {
		now := time.Now()
		l.startScan(now)
		l.startHashing()
		l.publishIfDue(now)
		timer.Reset(l.wait(now))
		select {
		case ev := <-l.inbox:
			ev.apply(l, time.Now())
		case <-timer.C:
		case <-l.ctx.Done():
			return
		}
	}
}

// wait is how long nothing is due.
func (l *loop) wait(now time.Time) time.Duration {
	wait := never
	if s := l.nextScan(); s != nil && !l.scanning {
		wait = min(wait, s.dueAt().Sub(now))
	}
	if l.changed() {
		wait = min(wait, l.published.Add(publishEvery).Sub(now))
	}
	return max(0, wait)
}
