package dynamic

import "time"

// Query is one dynamic query. It is owned by one loop.
//
//	         hits, time, Stop, Kept(0xFFFF) end it from anywhere
//	         +--------------------------------------------------> over
//	probing -+-> stepping <-> waiting for the leaf's word
type Query struct {
	cfg   Config
	start time.Time
	due   time.Time // of the next step; the zero time is "at once"
	end   End

	probed  bool
	asked   []asked       // at most cfg.Links
	sent    int           // queries sent, second ones to a neighbor included
	horizon float64       // ultrapeers taken to have seen it, ourselves included
	wait    time.Duration // after a step

	hits     int // that came through here
	guided   bool
	waiting  bool // for the leaf's word
	missed   int  // times it said nothing
	heard    bool // it told what it kept
	kept     int  // by its last word
	since    int  // hits that came after it
	statusAt int  // sent, then

	pool   []Candidate // workspace
	orders [probes]Probe
}

// asked is a neighbor that was sent the query.
type asked struct {
	id     uint64
	ttl    uint8
	at     time.Time
	queued bool // the query may still wait in its queue
}

// New returns a query whose first step is due now.
func New(now time.Time, cfg Config) *Query {
	cfg = cfg.withDefaults()
	q := &Query{cfg: cfg, start: now, due: now, wait: cfg.Pace, guided: cfg.Leaf && cfg.Guided, horizon: 1}
	if cfg.sample() {
		q.due = now.Add(cfg.Pace)
	}
	return q
}

// Action is what Step wants done.
type Action struct {
	Probes  []Probe // send the query to these; valid until the next Step
	AskLeaf bool    // ask the leaf how many hits it kept (BEAR/11)
	Done    bool    // the query is over, End says why
}

// Due is when the next Step may do something, at the latest; a time in the past
// means at once.
func (q *Query) Due() time.Time {
	if over := q.start.Add(maxAge); over.Before(q.due) {
		return over
	}
	return q.due
}

// Step decides what happens now, given the neighbors that could be asked. It
// may be called at any time and does nothing before Due.
func (q *Query) Step(now time.Time, candidates []Candidate) Action {
	if q.end == Running {
		q.end = q.over(now)
	}
	if q.end != Running {
		return Action{Done: true}
	}
	if now.Before(q.due) {
		return Action{}
	}
	silent := q.waiting
	if silent {
		q.noWord()
	}
	switch {
	case q.horizon >= maxHorizon:
		q.end = EndHorizon
	case q.probed && q.cfg.Unseen && !q.guided:
		q.end = EndUnguided
	case !silent && q.wantsWord():
		q.waiting = true
		q.due = now.Add(statusWait)
		return Action{AskLeaf: true}
	default:
		return q.ask(now, candidates)
	}
	return Action{Done: true}
}

// over tells whether what came, or did not come, is enough.
func (q *Query) over(now time.Time) End {
	switch {
	case q.Results() >= q.cfg.Target:
		return EndTarget
	case q.hits > maxUnkept*q.cfg.Target:
		return EndUnkept
	case now.Sub(q.start) >= maxAge:
		return EndAge
	}
	return Running
}

// ask sends the probe, then one step at a time.
func (q *Query) ask(now time.Time, candidates []Candidate) Action {
	q.drain(now, candidates)
	if !q.probed {
		q.probed = true
		if n := q.probe(now, candidates); n > 0 {
			q.due = now.Add(time.Duration(n) * (q.cfg.paced(probeWait) + q.wait))
			return Action{Probes: q.orders[:n]}
		}
	}
	if q.queued() >= maxQueued {
		q.due = now.Add(q.wait)
		return Action{}
	}
	c, ttl, ok := q.next(candidates)
	if !ok && now.Sub(q.start) < q.cfg.Linger {
		q.due = now.Add(lingerWait)
		return Action{}
	}
	if !ok {
		q.end = EndExhausted
		return Action{Done: true}
	}
	q.orders[0] = q.order(now, c, ttl)
	if q.horizon > rareHosts && float64(q.Results()) < rareHits*q.horizon/rareHosts {
		q.wait = max(q.cfg.paced(leastWait), q.wait-q.cfg.paced(hurry))
	}
	q.due = now.Add(q.wait + time.Duration(q.queued()-1)*q.cfg.paced(queuedWait))
	return Action{Probes: q.orders[:1]}
}

// order notes that a neighbor is sent the query.
func (q *Query) order(now time.Time, c *Candidate, ttl uint8) Probe {
	q.sent++
	q.horizon += c.horizon(ttl)
	if a := q.find(c.ID); a != nil {
		q.horizon -= c.horizon(a.ttl)
		a.ttl, a.at, a.queued = ttl, now, true
	} else {
		q.asked = append(q.asked, asked{id: c.ID, ttl: ttl, at: now, queued: true})
	}
	return Probe{ID: c.ID, TTL: ttl}
}

func (q *Query) find(id uint64) *asked {
	for i := range q.asked {
		if q.asked[i].id == id {
			return &q.asked[i]
		}
	}
	return nil
}

// drain notes which queries have left their queues.
func (q *Query) drain(now time.Time, candidates []Candidate) {
	for i := range candidates {
		if a := q.find(candidates[i].ID); a != nil && candidates[i].Queue < queueGrain {
			a.queued = false
		}
	}
	for i := range q.asked {
		if a := &q.asked[i]; now.Sub(a.at) >= queuedMost {
			a.queued = false
		}
	}
}

// queued is how many queries may still wait in queues.
func (q *Query) queued() (n int) {
	for _, a := range q.asked {
		if a.queued {
			n++
		}
	}
	return n
}

// Hits tells of hits that came for the query.
func (q *Query) Hits(n int) {
	q.hits += n
	q.since += n
	if q.Results() >= q.cfg.Target {
		q.due = time.Time{}
	}
}

// Stop ends the query: its search is closed, or its leaf is gone.
func (q *Query) Stop() { q.finish(EndStopped) }

// finish ends the query at the next Step.
func (q *Query) finish(why End) {
	if q.end == Running {
		q.end, q.due = why, time.Time{}
	}
}

// End says why the query is over, or that it is Running.
func (q *Query) End() End { return q.end }

// Results is how many hits count: those the asker kept, as far as it told, and
// those that came since. Of what a leaf kept, a share is ours.
func (q *Query) Results() int {
	switch {
	case !q.heard:
		return q.hits
	case q.cfg.Leaf:
		return q.kept/leafSpread + q.since
	}
	return q.kept + q.since
}

// Horizon is how many ultrapeers are taken to have seen the query.
func (q *Query) Horizon() int { return int(q.horizon) }

// Sent is how many times the query was sent to a neighbor.
func (q *Query) Sent() int { return q.sent }
