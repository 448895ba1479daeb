package overlay

import (
	"math"
	"slices"
	"time"

	"filbert/overlay/dynamic"
	"filbert/overlay/link"
	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// asking is one dynamic query: our own or a leaf's, put to one ultrapeer after
// the other until there are answers enough.
type asking struct {
	guid    wire.GUID
	owner   link.ID    // localLink, or the leaf
	frame   wire.Frame // as it leaves; the TTL is set for each probe
	words   qrp.Words
	control *dynamic.Query
}

// ask begins a dynamic query. The frame is kept. Copies that come from other
// ultrapeers of the leaf go no farther: our neighbors are asked by the query
// itself, as far as it takes, and each copy they are sent goes farther than the
// one before.
func (c *Core) ask(now time.Time, owner link.ID, f wire.Frame, cfg dynamic.Config) {
	cfg.Pace, cfg.Salt = c.pace(), c.rnd.Uint64()
	a := &asking{guid: f.GUID(), owner: owner, frame: f}
	if c.cfg.Hasher != nil {
		words := c.cfg.Hasher.Hash(f.Payload())
		a.words = qrp.Words{Hashes: slices.Clone(words.Hashes), URNs: slices.Clone(words.URNs)}
	}
	q := outgoing{words: a.words, hops: f.Hops(), payload: f.Payload()}
	f.SetTTL(1, f.Hops())
	cfg.Leaves = c.toLeaves(c.links[owner], f, &q)
	a.control = dynamic.New(now, cfg)
	c.queries.Raise(now, a.guid, math.MaxUint8)
	c.asking = append(c.asking, a)
	c.probe(now, a)
}

// probe lets one dynamic query take its next step, if that is due. It reports
// whether the query goes on.
func (c *Core) probe(now time.Time, a *asking) bool {
	if now.Before(a.control.Due()) {
		return true
	}
	action := a.control.Step(now, c.candidates(a))
	if n := c.alive(a.owner); n != nil && action.AskLeaf {
		c.askStatus(n, a.guid)
	}
	for _, p := range action.Probes {
		n := c.alive(link.ID(p.ID))
		if n == nil {
			continue
		}
		// Effects refer to a frame until the next Step, and each probe has a
		// TTL of its own.
		f := wire.Frame(c.out.copy(a.frame))
		f.SetTTL(wire.TTL(p.TTL), a.frame.Hops())
		c.send(n, f)
	}
	return !action.Done
}

// candidates describes the ultrapeers a query can be put to.
func (c *Core) candidates(a *asking) []dynamic.Candidate {
	q := outgoing{words: a.words, hops: a.frame.Hops(), payload: a.frame.Payload()}
	c.suitors = c.suitors[:0]
	for _, n := range c.neighbors {
		if n.id == a.owner || c.leaf(n) || !n.takes(&q) {
			continue
		}
		most := int(c.cfg.MaxTTL) - int(a.frame.Hops())
		if n.peer.MaxTTL > 0 {
			most = min(most, int(n.peer.MaxTTL))
		}
		t := n.table()
		c.suitors = append(c.suitors, dynamic.Candidate{
			ID: uint64(n.id), Degree: n.peer.Degree, MaxTTL: uint8(max(most, 1)),
			Table: t != nil, Matches: t != nil && t.Routes(a.words),
			Queue: c.backlog(n), Probes: extends(n),
		})
	}
	return c.suitors
}

func (c *Core) backlog(n *neighbor) int {
	if c.cfg.Lines == nil {
		return 0
	}
	return c.cfg.Lines.Waiting(n.id)
}

// pace is how long hits are waited for before the next neighbor is asked: the
// time to the end of a query's way and back, twice, by the round trips that were
// measured. Gtk-gnutella always waits the most.
func (c *Core) pace() time.Duration {
	var known []time.Duration
	for _, n := range c.neighbors {
		if n.rtt > 0 && !c.leaf(n) {
			known = append(known, n.rtt)
		}
	}
	if len(known) == 0 {
		return 0
	}
	slices.Sort(known)
	return max(2*time.Duration(c.cfg.MaxTTL)*known[len(known)*3/4], leastPace)
}

// askOn lets all dynamic queries whose time has come take a step.
func (c *Core) askOn(now time.Time) {
	c.asking = slices.DeleteFunc(c.asking, func(a *asking) bool { return !c.probe(now, a) })
	for _, a := range c.asking {
		if due := a.control.Due(); due.Before(c.due) {
			c.due = due
		}
	}
}

// answered counts results for the dynamic query that asked for them.
func (c *Core) answered(guid wire.GUID, results int) {
	if a := c.askingFor(guid); a != nil {
		a.control.Hits(results)
	}
}

func (c *Core) askingFor(guid wire.GUID) *asking {
	for _, a := range c.asking {
		if a.guid == guid {
			return a
		}
	}
	return nil
}

// abandon ends the dynamic queries of a link that is gone.
func (c *Core) abandon(owner link.ID) {
	c.asking = slices.DeleteFunc(c.asking, func(a *asking) bool { return a.owner == owner })
}

// leafQuery asks on behalf of a leaf.
func (c *Core) leafQuery(now time.Time, n *neighbor, f wire.Frame) {
	count := 0
	for _, a := range c.asking {
		if a.owner == n.id {
			count++
		}
	}
	if count >= askingPerLeaf || len(c.asking) >= maxAsking {
		c.drop(n, DropAsking)
		return
	}
	own := wire.Frame(slices.Clone(f)) // outlives the batch it came in
	own.SetTTL(1, f.Hops()+1)
	own, proxied := c.proxyOOB(now, n, own)
	if proxied {
		c.queries.Record(now, own.GUID(), n.id)
	}
	cfg := c.purpose(own)
	cfg.Leaf = true
	if flags, _, _, err := wire.QueryText(own.Payload()); err == nil {
		cfg.Unseen = flags.Normal()&wire.FlagOOB != 0 && !proxied
		cfg.Guided = flags.Normal()&wire.FlagGuided != 0 && n.supports(wire.VendorStatusRequest)
	}
	c.ask(now, n.id, own, cfg)
}

// purpose is what a query is for: one file by its hash, or whatever has some
// words.
func (c *Core) purpose(f wire.Frame) dynamic.Config {
	cfg := dynamic.Config{TTL: uint8(max(int(c.cfg.MaxTTL)-int(f.Hops()), 1))}
	if _, text, ext, err := wire.QueryText(f.Payload()); err == nil && len(text) <= 1 && len(ext) > 0 {
		cfg = cfg.URN()
	}
	return cfg
}
