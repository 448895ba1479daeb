package download

import (
	"context"
	"errors"
	"sync"
	"time"

	"filbert/transfer/merkle"
	"filbert/transfer/picker"
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
	fetching *worker // fetches one
}

func newCrew(ctx context.Context, d *download, p *store.Partial) *crew {
	return &crew{
		d: d, ctx: ctx, partial: p,
		events: make(chan event, 2*maxWorkers), // each has at most one job, and its end
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
		missing := c.partial.Missing()
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
			return &pause{reason: plan.reason, until: plan.until}
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

// assign gives every worker without a job one, and hires as long as there is
// work. The plan is who might be hired next, or when. The error is that of
// emptying the file.
func (c *crew) assign(now time.Time, first, missing []ranges.Range) (plan, error) {
	for _, w := range c.workers {
		if !w.busy && !w.sent {
			c.give(now, w, first, missing)
		}
	}
	for {
		p := c.d.sources.next(now)
		switch {
		case p.source == nil, len(c.workers) >= c.most(), len(c.workers) > 0 && !c.spare(missing):
			p.source = nil
			return p, nil
		case p.startOver:
			if err := c.partial.Reset(); err != nil {
				return p, err
			}
			c.d.sources.clear()
			missing = c.partial.Missing()
			continue
		}
		if w := c.hire(p.source); !c.give(now, w, first, missing) {
			c.part(w)
			p.source.until, p.source.reason = now.Add(partWait), p.source.name()+": has no part that is missing"
		}
	}
}

// most is how many sources may be at work.
func (c *crew) most() int {
	if c.d.sources.solo || c.d.file.Size < manyFrom {
		return 1
	}
	return maxWorkers
}

// spare reports whether there is work for one more.
func (c *crew) spare(missing []ranges.Range) bool {
	if c.undecided() && len(c.workers) >= probers {
		return false
	}
	cut, jobs := c.cut(), c.jobs()
	if _, _, ok := cut.Next(missing, jobs, nil, nil, 0); ok {
		return true
	}
	_, _, ok := cut.Steal(jobs, nil, 0)
	return ok
}

// hire lets a source work.
func (c *crew) hire(src *source) *worker {
	ctx, leave := context.WithCancelCause(c.ctx)
	w := &worker{
		d: c.d, source: src, partial: c.partial, jobs: make(chan job, 1), events: c.events, leave: leave,
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

// cut is how the file is cut into parts.
func (c *crew) cut() picker.Picker {
	p := picker.Picker{
		Size: c.d.file.Size, Slice: 1, Ahead: aheadTime,
		First: chunkBytes, Min: minBytes, Max: chunkBytes, Split: splitBytes, Worth: worthTime, Stuck: stuckTime,
	}
	if c.undecided() {
		p.First, p.Max, p.Min = probeBytes, probeBytes, probeBytes
	}
	if t := c.d.tree; t != nil {
		p.Slice, p.First, p.Max = t.SliceSize(), firstBytes, maxBytes
		p.Min, p.Split = max(p.Min, t.SliceSize()), max(p.Split, t.SliceSize())
	}
	return p
}

// jobs is what the workers are at.
func (c *crew) jobs() (jobs []picker.Job) {
	for _, w := range c.workers {
		held := w.settling
		if w.busy && w != c.fetching {
			jobs = append(jobs, w.job())
		} else if len(w.probe) > 0 {
			held = w.probed
		}
		if !held.Empty() { // nobody else fetches what it holds back
			jobs = append(jobs, picker.Job{At: held.Start, End: held.End})
		}
	}
	return jobs
}

func (w *worker) job() picker.Job {
	return picker.Job{At: w.at.Load(), End: w.end.Load(), Rate: w.pace.rate(), Idle: time.Since(time.Unix(0, w.heard.Load()))}
}

// give gives a worker a job, and reports false if there is none for it.
func (c *crew) give(now time.Time, w *worker, first, missing []ranges.Range) bool {
	d := c.d
	if c.undecided() && len(w.probe) > 0 {
		return true // it waits until it is known what to verify by
	}
	cut, rate := c.cut(), w.pace.rate()
	part, free, ok := cut.Next(first, c.jobs(), w.source.have, nil, rate)
	if !ok {
		part, free, ok = cut.Next(missing, c.jobs(), w.source.have, c.parts(w), rate)
	}
	if !ok && c.most() > 1 {
		part, ok = c.steal(cut, w, rate)
		free = part
	}
	if !ok && len(w.probe) > 0 {
		part, ok = ranges.Range{Start: w.probed.Start, End: w.probed.Start}, true // it has what is missing
	}
	if ok {
		w.start(now, job{part: part, free: free, tree: d.tree, probe: c.undecided()})
	}
	return ok
}

// parts is what each source at work has, besides w, that does not have all.
func (c *crew) parts(w *worker) (parts []*ranges.Set) {
	for _, o := range c.workers {
		if o != w && o.source.have != nil {
			parts = append(parts, o.source.have)
		}
	}
	return parts
}

// steal takes the end of somebody's part for w.
func (c *crew) steal(cut picker.Picker, w *worker, rate int64) (ranges.Range, bool) {
	var at []*worker
	var jobs []picker.Job
	for _, o := range c.workers {
		if o != w && o.busy && o != c.fetching && !o.sent {
			at, jobs = append(at, o), append(jobs, o.job())
		}
	}
	i, from, ok := cut.Steal(jobs, w.source.have, rate)
	if !ok {
		return ranges.Range{}, false
	}
	at[i].end.Store(from)
	if from <= jobs[i].At {
		at[i].sent = true
		overtaken := refuse(busy, "sent nothing while others could")
		overtaken.after = overtakenWait
		at[i].leave(overtaken)
	}
	return ranges.Range{Start: from, End: jobs[i].End}, true
}

// start lets a worker do a job.
func (w *worker) start(now time.Time, j job) {
	w.at.Store(j.part.Start)
	w.end.Store(j.part.End)
	w.busy, w.slowSince, w.slowBytes = true, now, 0
	w.waited.Store(0)
	w.started = now
	w.heard.Store(now.UnixNano())
	w.settling = ranges.Range{}
	if len(w.probe) > 0 {
		w.settling = w.probed
	}
	w.pace.begin(now)
	w.jobs <- j // has room: it has none
}

// undecided reports whether it is not known yet what slices are verified by.
func (c *crew) undecided() bool { return c.wanted && c.d.tree == nil }

// heard takes note of what a worker tells. The error is that of the disk.
func (c *crew) heard(ev event) error {
	w, d := ev.worker, c.d
	w.busy, w.settling = false, ranges.Range{}
	if c.fetching == w {
		c.fetching = nil
		if d.tree = ev.tree; d.tree == nil {
			w.names = names{} // it does not give what it names
		} else if err := c.trust(d.tree); err != nil {
			return err
		} else {
			d.log.Debug().Stringer("kind", d.tree.Kind()).Str("source", w.source.name()).Int("slices", d.tree.Slices()).Msg("hash tree is here")
		}
	} else if ev.names != (names{}) {
		w.names, w.source.names = ev.names, ev.names
	}
	if ev.have != nil {
		w.source.have = ev.have
	}
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
		if refused.verdict == busy && ev.have != nil && c.wants(ev.have) {
			refused.after = minRetryAfter // it was only asked for the wrong part
		}
		d.sources.refused(w.source, refused, time.Now())
		d.failed(w.source)
		d.log.Debug().Stringer("verdict", refused.verdict).Str("reason", w.source.reason).Msg("source refused")
	case errors.Is(ev.err, context.Canceled):
		c.part(w)
	default:
		return ev.err
	}
	c.decide()
	return nil
}

// trust verifies by a tree from now on, also what is here already.
func (c *crew) trust(t *merkle.Tree) error {
	if c.d.sources.total() > 0 || c.d.sources.inherited > 0 {
		if err := c.adopt(t); err != nil {
			return err
		}
	}
	c.d.share(c.partial, t)
	return nil
}

// wants reports whether there is a missing part among what a source has.
func (c *crew) wants(have *ranges.Set) bool {
	_, _, ok := c.cut().Next(c.partial.Missing(), nil, have, nil, 0)
	return ok
}

// decide has a tree fetched as soon as one is named, and does without if nobody
// who answered names one and nobody else is about to answer.
func (c *crew) decide() {
	if !c.undecided() || c.fetching != nil {
		return
	}
	answering := false
	for _, w := range c.workers {
		if w.busy || w.sent {
			answering = true
			continue
		}
		if k, root, ok := w.names.choose(c.d.file.Size, c.d.wrong); ok {
			c.fetching = w
			w.busy = true
			w.jobs <- job{fetch: &k, root: root}
			return
		}
	}
	c.wanted = answering || len(c.workers) == 0
}

// count takes note of what the workers did since it last looked.
func (c *crew) count(now time.Time) {
	d, sum := c.d, int64(0)
	for _, w := range c.workers {
		n := w.took.Swap(0)
		if n > 0 {
			d.sources.gave(w.source, n)
		}
		if w.busy {
			w.pace.add(now, n)
		}
		w.slowBytes += n
		w.slowSince = w.slowSince.Add(time.Duration(w.waited.Swap(0)))
		d.wasted += w.wasted.Swap(0)
		sum += n
	}
	d.meter.add(now, sum)
	if d.due(now) {
		d.tellProgress(now, c)
	}
}

// sendSlow sends away who gives all but nothing, if somebody else may be asked.
func (c *crew) sendSlow(now time.Time) {
	for _, w := range c.workers {
		over := now.Sub(w.slowSince)
		if !w.busy || w.sent || over < slowWindow {
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
