package dynamic

import "time"

// probe orders the query for the first few neighbors that route it, those with
// the shortest queues. The more route it, the more common it is, and the less
// far it needs to go. It returns how many orders there are.
func (q *Query) probe(now time.Time, candidates []Candidate) (n int) {
	q.pool = q.pool[:0]
	for _, c := range candidates {
		if c.routes() {
			q.pool = append(q.pool, c)
		}
	}
	sortCandidates(q.pool, q.cfg.Salt)
	ttl := q.cfg.TTL
	for _, many := range []int{commonMatches, plentyMatches} {
		if len(q.pool) > many {
			ttl = max(1, ttl-1)
		}
	}
	for n < min(len(q.pool), probes, q.cfg.Links) {
		c := &q.pool[n]
		q.orders[n] = q.order(now, c, q.sampled(c, c.most(ttl)))
		n++
	}
	return n
}

// sampled is how far the probe should go through a neighbor, ttl at most, if our
// own leaves are a sample of the network: no farther than brings what is wanted
// where each ultrapeer has as many that match. Without it the probe for what
// everybody has would flood a network of some hundred ultrapeers, as
// gtk-gnutella's does.
func (q *Query) sampled(c *Candidate, ttl uint8) uint8 {
	if !q.cfg.sample() {
		return ttl
	}
	for ttl > 1 && c.horizon(ttl)*float64(probes*q.cfg.Leaves) > float64(q.cfg.Target) {
		ttl--
	}
	return ttl
}

// next chooses one more neighbor and how far the query should go through it:
// one that was not asked, and when there is none left, one that takes the query
// again with a larger TTL.
func (q *Query) next(candidates []Candidate) (c *Candidate, ttl uint8, ok bool) {
	for _, again := range []bool{false, true} {
		q.pool = q.pool[:0]
		for _, can := range candidates {
			a := q.find(can.ID)
			if !again && a == nil && len(q.asked) < q.cfg.Links ||
				again && a != nil && can.Probes && a.ttl < can.most(q.cfg.TTL) {
				q.pool = append(q.pool, can)
			}
		}
		sortCandidates(q.pool, q.cfg.Salt)
		if c, ttl, ok = q.first(); ok {
			return c, ttl, true
		}
	}
	return nil, 0, false
}

// first chooses from the pool, best first. A neighbor whose table does not match
// is no use with TTL 1. If all are of that kind, so close to the target, the
// best is asked a hop further, as LimeWire does; gtk-gnutella gives up.
func (q *Query) first() (c *Candidate, ttl uint8, ok bool) {
	for i := range q.pool {
		c := &q.pool[i]
		if ttl := q.ttl(c); ttl > 1 || c.routes() {
			return c, ttl, true
		}
	}
	for i := range q.pool {
		if c := &q.pool[i]; c.most(q.cfg.TTL) > 1 {
			return c, 2, true
		}
	}
	return nil, 0, false
}

// ttl is how far the query should go through a neighbor: as far as it takes to
// reach the hosts that each of the pool has to, if hits go on coming at the rate
// of hits per host so far. While there are none that is as far as it can go.
//
// Gtk-gnutella rounds the other way, to the last TTL that reaches no more hosts
// than that. With its whole-number rate, nearly always 0, this hardly matters.
// With a real one its queries would run out of neighbors short of their target:
// in a simulated network, with 41 hits of 50 where a flood finds 98.
func (q *Query) ttl(c *Candidate) uint8 {
	needed := float64(q.cfg.Target - q.Results())
	rate := max(leastRate, float64(q.Results())/max(1, q.horizon))
	each := needed / rate / float64(len(q.pool))
	var before uint8
	if a := q.find(c.ID); a != nil {
		before = a.ttl
	}
	for ttl := before + 1; ttl < c.most(q.cfg.TTL); ttl++ {
		if c.horizon(ttl)-c.horizon(before) >= each {
			return ttl
		}
	}
	return max(before+1, c.most(q.cfg.TTL))
}
