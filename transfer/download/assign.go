package download

import (
	"slices"
	"time"

	"filbert/transfer/picker"
	"filbert/transfer/ranges"
)

// assign gives every worker without a job one, and hires as long as there is
// work. The plan is who might be hired next, or when. The error is that of
// emptying the file.
func (c *crew) assign(now time.Time, first, missing []ranges.Range) (plan, error) {
	for _, w := range slices.Clone(c.workers) {
		switch {
		case w.sent:
		case w.busy:
			if len(first) == 0 { // nobody waits for another part
				c.extend(w, missing)
			}
		case c.sated(w):
			c.part(w)
			w.source.until, w.source.reason = now.Add(satedWait), w.source.name()+": others give enough"
		case !c.give(now, w, first, missing) && w.source.have != nil:
			c.rest(now, w)
		}
	}
	for {
		p := c.d.sources.next(now)
		switch {
		case p.source == nil, len(c.workers) >= c.most(), c.full(nil), len(c.workers) > 0 && !c.spare(missing):
			p.source = nil
			return p, nil
		case p.startOver:
			if err := c.partial.Reset(); err != nil {
				return p, err
			}
			c.d.sources.clear()
			missing = c.missing()
			continue
		}
		if w := c.hire(p.source); !c.give(now, w, first, missing) {
			c.rest(now, w)
		}
	}
}

// rest parts from a source that has nothing of what is missing. It is asked again
// after a while, for whatever is missing then, since it may have more.
func (c *crew) rest(now time.Time, w *worker) {
	c.part(w)
	src := w.source
	src.until, src.reason, src.have = now.Add(src.dryWait()), src.name()+": has no part that is missing", nil
}

// spare reports whether there is work for one more.
func (c *crew) spare(missing []ranges.Range) bool {
	if c.undecided() && len(c.workers) >= probers {
		return false
	}
	cut := c.cut()
	if _, _, ok := cut.Next(missing, c.jobs(), nil, nil, 0); ok {
		return true
	}
	var jobs []picker.Job
	for _, w := range c.workers {
		if w.busy && w != c.fetching {
			jobs = append(jobs, w.ahead(missing))
		}
	}
	_, _, ok := cut.Steal(jobs, nil, 0)
	return ok
}

// cut is how the file is cut into parts.
func (c *crew) cut() picker.Picker {
	p := picker.Picker{
		Size: c.d.file.Size, Slice: 1, Ahead: aheadTime,
		First: chunkBytes, Min: minBytes, Max: chunkBytes, Split: splitBytes, Worth: worthTime, Stuck: stuckTime,
	}
	if !c.d.sources.swarm() {
		p.Faster = fasterBy
	}
	swarm := c.scatters()
	if c.d.strategy == picker.Sequential {
		p.Ahead = inOrderTime
	}
	if c.undecided() {
		p.First, p.Max, p.Min = probeBytes, probeBytes, probeBytes
		if swarm {
			p.Slice, p.From = probeBytes, c.d.sources.rng.Int64N(p.Size)
		}
	}
	if t := c.d.tree; t != nil {
		p.Slice, p.First, p.Max = t.SliceSize(), firstBytes, maxBytes
		if c.d.strategy == picker.Sequential {
			p.First = max(minBytes, t.SliceSize())
		}
		p.Min, p.Split = t.SliceSize(), max(p.Split, t.SliceSize())
		if swarm {
			p.First, p.From = t.SliceSize(), c.d.sources.rng.Int64N(p.Size)
		}
	}
	return p
}

// missing is what is missing. What is written from here on is still the job of who
// writes it: it would be nobody's, and fetched again, if jobs were looked at after.
func (c *crew) missing() []ranges.Range {
	for _, w := range c.workers {
		w.from = w.at.Load()
	}
	return c.partial.Missing()
}

// jobs is what the workers were at when it was last looked what is missing.
func (c *crew) jobs() (jobs []picker.Job) { return c.jobsOf(func(*worker) bool { return true }) }

// coming is the jobs of the others than w whose sources give what they were asked
// for, or have chosen.
func (c *crew) coming(w *worker) []picker.Job {
	return c.jobsOf(func(o *worker) bool { return o != w && o.coming })
}

// certain is those, and the jobs of sources that are about to choose; in a swarm that
// may take long.
func (c *crew) certain(w *worker) []picker.Job {
	swarm := c.d.sources.swarm()
	return c.jobsOf(func(o *worker) bool { return o != w && (o.coming || !swarm && o.job().Idle < stuckTime) })
}

func (c *crew) jobsOf(which func(*worker) bool) (jobs []picker.Job) {
	for _, w := range c.workers {
		held := w.settling
		if w.busy && w != c.fetching && !which(w) {
			// it may give another part
		} else if w.busy && w != c.fetching {
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
	heard := w.heard.Load()
	idle := time.Since(time.Unix(0, heard))
	switch {
	case w.limited.Load(), w.writing.Load():
		idle = 0 // it is we who keep it waiting
	case !w.answered() && (w.source.partial || w.source.crowded):
		idle = max(0, idle-lineTime) // others may be served first
	case w.answered(): // who gives little does so in pieces, with pauses between
		pause := float64(heard-w.started.UnixNano()) * pauseBytes / float64(max(w.came.Load(), 1))
		idle = max(0, idle-time.Duration(min(pause, float64(lineTime))))
	}
	rate, asked := w.pace.rate(), time.Since(w.started)
	switch {
	case w.writing.Load():
		rate = 0 // the disk's is nobody's
	case rate > 0 || !w.answered() || asked < stuckTime:
	case w.came.Load() < w.slice: // not yet one
		rate = max(1, int64(float64(w.came.Load())/asked.Seconds()))
	default:
		rate = 1
	}
	return picker.Job{At: w.from, End: w.end.Load(), Rate: rate, Idle: idle}
}

// ahead is its job without what is here already: written by others, or verified and
// about to be written.
func (w *worker) ahead(missing []ranges.Range) picker.Job {
	j := w.job().Of(missing)
	j.At = min(max(j.At, w.right.Load()), j.End)
	return j
}

// answered reports whether bytes came for its job.
func (w *worker) answered() bool { return w.heard.Load() > w.started.UnixNano() }

// give gives a worker a job, and reports false if there is none for it.
func (c *crew) give(now time.Time, w *worker, first, missing []ranges.Range) bool {
	d := c.d
	if c.undecided() && len(w.probe) > 0 {
		return true // it waits until it is known what to verify by
	}
	cut, rate := c.cut(), w.pace.rate()
	wished := cut
	wished.From = 0 // what somebody reads comes in its order
	part, free, ok := c.awaited(wished, w, first, rate)
	if !ok && d.strategy == picker.Sequential {
		part, free, ok = c.soon(wished, w, missing, rate)
	}
	if !ok {
		part, free, ok = cut.Next(missing, c.jobs(), w.source.have, c.parts(w), rate)
	}
	if !ok { // others may choose something else of what they are offered
		part, free, ok = cut.Next(missing, c.certain(w), w.source.have, nil, rate)
	}
	if !ok && c.most() > 1 {
		part, ok = c.steal(cut, w, rate, func(picker.Job) bool { return true })
		free = part
	}
	if !ok && len(w.probe) > 0 {
		part, ok = ranges.Range{Start: w.probed.Start, End: w.probed.Start}, true // it has what is missing
	}
	var offer *ranges.Set
	if ok && !part.Empty() && len(first) == 0 {
		offer = c.offer(w, missing)
	}
	if ok && offer == nil && w.source.partial && w.source.have == nil && d.tree != nil {
		part.End = min(free.End, part.Start+c.cut().Max) // it gives the first of it that it has
	}
	if ok {
		if d.tree == nil && !c.undecided() {
			d.setVerified(false)
		}
		w.start(now, job{part: part, free: free, offer: offer, sink: w.sinks(rate), tree: d.tree, bound: d.bound, probe: c.undecided()})
	}
	return ok
}

// parts is what each source has, besides w's, that does not have all, as far as it
// said of late, of maxParts of them.
func (c *crew) parts(w *worker) (parts []*ranges.Set) {
	if c.d.strategy == picker.Sequential {
		return nil
	}
	for _, src := range c.d.sources.list {
		if src != w.source && !src.dropped && src.had != nil && len(parts) < maxParts {
			parts = append(parts, src.had)
		}
	}
	return parts
}

// steal takes the end of the part of somebody for w, if it is one that may be taken.
func (c *crew) steal(cut picker.Picker, w *worker, rate int64, may func(picker.Job) bool) (ranges.Range, bool) {
	var at []*worker
	var jobs []picker.Job
	missing := c.partial.Missing()
	for _, o := range c.workers {
		if o == w || !o.busy || !o.coming || o == c.fetching || o.sent {
			continue
		}
		if may(o.job()) {
			at, jobs = append(at, o), append(jobs, o.ahead(missing))
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
	w.from = j.part.Start
	w.at.Store(j.part.Start)
	w.end.Store(j.part.End)
	w.right.Store(j.part.Start)
	w.busy, w.slowSince, w.slowBytes = true, now, 0
	w.waited.Store(0)
	w.extends.Store(false)
	w.started, w.slice = now, 0
	if j.tree != nil {
		w.slice = j.tree.SliceSize()
	}
	w.heard.Store(now.UnixNano())
	w.came.Store(0)
	w.settling = ranges.Range{}
	w.coming = j.offer == nil
	if len(w.probe) > 0 {
		w.settling = w.probed
	}
	w.pace.begin(now)
	w.jobs <- j // has room: it has none
}
