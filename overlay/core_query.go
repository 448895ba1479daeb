package overlay

import (
	"time"

	"filbert/overlay/wire"
)

// query floods a neighbor's query and has it matched here.
func (c *Core) query(now time.Time, n *neighbor, f wire.Frame) {
	if why, ok := checkQuery(f); !ok {
		c.drop(n, why)
		return
	}
	guid := f.GUID()
	if first, again := c.queries.Record(now, guid, n.id); !first {
		c.duplicate(n, again)
		return
	}
	c.clearOOB(n, f)
	if c.sharing.Files > 0 {
		c.out.add(&Match{Link: n.id, GUID: guid, Hops: f.Hops(), OOB: oobOf(f.Payload()), Payload: f.Payload()})
	}
	ttl, hops := f.TTL(), f.Hops()
	if int(ttl)+int(hops) > hardTTL {
		c.highTTL(n, hops)
		return
	}
	// On arrival a hop is spent; what is left is clamped so that the query
	// ends at the same distance whatever its sender asked for.
	left := min(int(ttl)-1, int(c.cfg.MaxTTL)-int(hops)-1)
	if left <= 0 {
		return
	}
	f.SetTTL(wire.TTL(left), hops+1)
	for _, to := range c.neighbors {
		if to != n {
			c.send(to, f)
		}
	}
}

// checkQuery refuses queries that mean nothing or come from servents nobody
// speaks any more.
func checkQuery(f wire.Frame) (DropReason, bool) {
	if len(f.Payload()) > wire.SoftQuery {
		return DropTooBig, false
	}
	flags, text, ext, err := wire.QueryText(f.Payload())
	switch {
	case err != nil:
		return DropMalformed, false
	case flags == 0:
		return DropAncient, false
	case len(text) <= 1 && len(ext) == 0:
		return DropShortQuery, false
	}
	return 0, true
}

// duplicate counts a copy. A neighbor that keeps sending the same copy itself
// is sent away, unless we have few others.
func (c *Core) duplicate(n *neighbor, again bool) {
	if !again {
		c.drop(n, DropDuplicate)
		return
	}
	c.drop(n, DropAgain)
	n.again++
	if n.again > maxAgain && n.again > n.received.Messages()/againShare && len(c.neighbors) > 2 {
		c.bye(n, byeAgain, "Sent the same messages again")
	}
}

// highTTL counts a query that would travel too far.
func (c *Core) highTTL(n *neighbor, hops wire.Hops) {
	c.drop(n, DropTTLHigh)
	if hops > 2 {
		return
	}
	if n.high++; n.high > maxHighTTL {
		c.bye(n, byeHighTTL, "TTL too high")
	}
}
