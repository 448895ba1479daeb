package download

import (
	"context"
	"errors"
	"sync"
	"time"

	"filbert/transfer/ranges"
	"filbert/transfer/store"
)

// crew is the sources at work on one file in one session. It belongs to the
// loop; each worker is a goroutine, and tells it by events.
type crew struct {
	d       *download
	ctx     context.Context
	partial *store.Partial
	workers []*worker
	events  chan event
	running sync.WaitGroup

	wanted   bool    // a tree, if a source names one
	spoken   bool    // a source was refused since it was last looked whether the tree is to be believed
	fetching *worker // fetches one
	strain   strain
}

func newCrew(ctx context.Context, d *download, p *store.Partial) *crew {
	return &crew{
		d: d, ctx: ctx, partial: p,
		events: make(chan event, 3*maxWorkers), // each has at most one job, a claim, and its end
		wanted: d.file.Size >= manyFrom && d.tree == nil,
	}
}

// work lets sources fetch until all is here. It returns what is waited for, nil
// if the download or ctx has ended.
func (c *crew) work() *pause {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	d := c.d
	for c.ctx.Err() == nil {
		d.takeOffers()
		c.count(time.Now())
		if err := c.meetTerms(); err != nil {
			if c.ctx.Err() != nil {
				return nil
			}
			return d.disk(err)
		}
		c.reconsider()
		missing := c.missing()
		if len(missing) == 0 {
			c.dismiss()
			d.share(nil, nil)
			if ended, waits := d.complete(c.ctx, c); ended {
				return waits
			}
			c.wanted = d.file.Size >= manyFrom && d.tree == nil
			continue
		}
		first := c.wished(missing)
		c.hurry(first)
		plan, err := c.assign(time.Now(), first, missing)
		switch {
		case err != nil:
			return d.disk(err)
		case len(c.workers) == 0 && plan.source == nil:
			return &pause{reason: plan.reason, until: plan.until, idle: true}
		}
		var due <-chan time.Time
		if !plan.until.IsZero() {
			due = time.After(time.Until(plan.until))
		}
		select {
		case ev := <-c.events:
			c.count(time.Now())
			if err := c.heard(ev); err != nil && c.ctx.Err() == nil {
				return d.disk(err)
			}
		case <-tick.C:
			c.sendSlow(time.Now())
		case <-d.wake:
		case <-due:
		case <-c.ctx.Done():
		}
	}
	return nil
}

// most is how many sources may be at work.
func (c *crew) most() int {
	if c.d.sources.solo || c.d.file.Size < manyFrom {
		return 1
	}
	return maxWorkers
}

// hire lets a source work.
func (c *crew) hire(src *source) *worker {
	ctx, leave := context.WithCancelCause(c.ctx)
	w := &worker{
		d: c.d, source: src, partial: c.partial, jobs: make(chan job, 1), claimed: make(chan bool, 1), events: c.events, leave: leave,
		blocks: blocks{back: make(chan []byte, maxBlocks)},
	}
	src.working = true
	c.workers = append(c.workers, w)
	c.d.announce(c)
	c.running.Go(func() {
		defer leave(nil)
		w.run(ctx)
	})
	return w
}

// part takes leave of a worker, which ends.
func (c *crew) part(w *worker) {
	w.leave(nil)
	w.source.working = false
	for i, o := range c.workers {
		if o == w {
			c.workers = append(c.workers[:i:i], c.workers[i+1:]...)
		}
	}
	if c.fetching == w {
		c.fetching = nil
	}
}

// dismiss ends all workers, and waits until they have.
func (c *crew) dismiss() {
	for _, w := range c.workers {
		w.leave(nil)
	}
	c.running.Wait()
	c.count(time.Now())
	for len(c.workers) > 0 {
		c.part(c.workers[0])
	}
	for len(c.events) > 0 {
		<-c.events
	}
}

// heard takes note of what a worker tells. The error is that of the disk.
func (c *crew) heard(ev event) error {
	w, d := ev.worker, c.d
	if !ev.claim.Empty() {
		w.claimed <- !w.sent && w.busy && c.claim(w, ev.claim)
		return nil
	}
	w.busy, w.settling = false, ranges.Range{}
	if w.vain++; ev.sunk == 0 {
		w.vain = 0
	}
	w.pace.add(w.pace.last, ev.sunk)
	if ev.host.IsValid() {
		w.source.host = ev.host
	}
	if n := len(w.probe); n > 0 { // it is held back, and was not counted
		now := time.Now()
		w.pace = pace{bytes: float64(n), seconds: now.Sub(w.started).Seconds(), last: now}
	}
	if c.fetching == w {
		c.fetching = nil
		if ev.tree == nil {
			w.names = names{} // it does not give what it names
		} else if err := c.trust(w, ev.tree); err != nil {
			return err
		}
	} else if ev.names != (names{}) {
		w.names, w.source.names = ev.names, ev.names
	}
	w.source.chooses = w.source.chooses || ev.chooses
	if ev.have != nil {
		w.source.have = ev.have
	}
	w.source.had, w.source.partial = w.source.have, w.source.have != nil
	if ev.place.id == "" {
		ev.place.id = w.source.place.id // not told again
	}
	if ev.place != (place{}) {
		w.source.place = ev.place
	}
	var refused *refusal
	switch {
	case ev.err == nil && w.sent:
		c.part(w)
	case ev.err == nil:
	case errors.As(ev.err, &refused):
		c.part(w)
		c.spoken = true
		switch {
		case !refused.notYet:
		case w.source.chooses:
			refused.after = min(refused.after, w.source.dryWait())
		case ev.have != nil && c.wants(ev.have):
			refused.after = minRetryAfter // it was only asked for the wrong part
		}
		d.sources.refused(w.source, refused, time.Now())
		d.failed(w.source)
		d.chargeLiars(time.Now())
		d.log.Debug().Stringer("verdict", refused.verdict).Str("reason", w.source.reason).Msg("source refused")
	case errors.Is(ev.err, context.Canceled):
		c.part(w)
	default:
		return ev.err
	}
	c.decide()
	return nil
}

// wants reports whether there is a missing part among what a source has.
func (c *crew) wants(have *ranges.Set) bool {
	_, _, ok := c.cut().Next(c.partial.Missing(), nil, have, nil, 0)
	return ok
}

// count takes note of what the workers did since it last looked.
func (c *crew) count(now time.Time) {
	d, arrived := c.d, int64(0)
	giving, waited := 0, time.Duration(0)
	for _, w := range c.workers {
		n := w.took.Swap(0)
		if n > 0 {
			d.sources.gave(w.source, n)
		}
		if w.busy {
			w.pace.add(now, n)
		}
		w.slowBytes += n
		ours := time.Duration(w.waited.Swap(0))
		waited += ours
		w.slowSince = w.slowSince.Add(ours)
		if w.busy && w.answered() {
			giving++
		}
		wasted := w.wasted.Swap(0)
		w.source.wasted += wasted
		w.source.quiet = w.busy && w.job().Idle >= stuckTime
		d.wasted += wasted + w.unfit.Swap(0)
		arrived += w.arrived.Swap(0)
	}
	c.strain.add(now, giving, waited)
	d.meter.add(now, arrived)
	if d.due(now) {
		d.tellProgress(now, c)
	}
}

// sendSlow sends away who gives all but nothing, if somebody else may be asked.
func (c *crew) sendSlow(now time.Time) {
	for _, w := range c.workers {
		over := now.Sub(w.slowSince)
		if !w.busy || w.sent || w.writing.Load() || over < slowWindow {
			continue
		}
		if w.slowBytes < slowRate*int64(slowWindow/time.Second) && c.d.sources.hasOther(w.source, now) {
			w.sent = true
			w.leave(refuse(failed, "is slow: %d bytes in %v", w.slowBytes, slowWindow))
			continue
		}
		w.slowSince, w.slowBytes = now, 0
	}
}
