package overlay

import (
	"slices"
	"time"

	"filbert/overlay/wire"
)

// vendor is the code our hits and pongs carry.
var vendor = wire.VendorCode{'F', 'L', 'B', 'T'}

// Vendor is the code by which this servent names itself.
func Vendor() wire.VendorCode { return vendor }

// hit delivers a neighbor's query hit to a search of ours or routes it back.
func (c *Core) hit(now time.Time, n *neighbor, f wire.Frame) {
	head, err := wire.CheckHit(f.Payload())
	if why, ok := c.checkHit(f, head, err); !ok {
		c.drop(n, why)
		return
	}
	first, other, known := c.queries.Lookup(now, f.GUID())
	if !known {
		c.drop(n, DropNoRoute)
		return
	}
	n.useful = now
	// A hit teaches the way to its servent: pushes follow it.
	c.servents.Set(now, head.Servent, n.id)
	if first == localLink {
		c.deliver(now, n, f)
		return
	}
	if first == guessLink {
		c.hitToAsker(now, n, f)
		return
	}
	to := c.way(first, other, n)
	switch {
	case to == nil:
		c.drop(n, DropNoRoute)
	case f.TTL() <= 1 && !c.leaf(to): // a leaf is the end of every way
		c.drop(n, DropExpired)
	default:
		c.answered(f.GUID(), head.Count)
		c.unproxy(now, f, to)
		c.relay(f, max(min(f.TTL(), hardTTL+1)-1, 1), to)
	}
}

// checkHit refuses hits that nobody can use.
func (c *Core) checkHit(f wire.Frame, head wire.HitHead, err error) (DropReason, bool) {
	switch {
	case err != nil:
		return DropMalformed, false
	case len(f.Payload()) > wire.SoftQueryHit:
		return DropTooBig, false
	case head.Servent == c.cfg.GUID:
		return DropOwn, false
	case head.Servent.IsZero() || head.Servent == f.GUID():
		return DropForged, false
	}
	return 0, true
}

// deliver hands a hit to the search it answers.
func (c *Core) deliver(now time.Time, n *neighbor, f wire.Frame) {
	id, ok := c.searches.find(f.GUID())
	if !ok {
		return // the search is over; nothing is wrong with the hit
	}
	// The hit outlives the batch it came in.
	m, err := wire.Parse(f.Type(), slices.Clone(f.Payload()))
	hit, ok := m.(*wire.QueryHit)
	c.preferIPv6(hit)
	switch {
	case err != nil || !ok:
		c.drop(n, DropMalformed)
	case !hit.Trailer.Has(wire.HitPush) && !c.usable(hit.Addr, n):
		c.drop(n, DropAddress)
	default:
		c.answered(f.GUID(), len(hit.Records))
		from := n.remote.Addr()
		c.out.add(&Deliver{id, &Hit{QueryHit: *hit, Hops: f.Hops(), Via: n.remote, At: now, Proxies: c.proxiesOf(hit, from), Relayed: c.relayedOf(hit, from), Punched: c.punchedOf(hit, from)}})
		c.searches.keep(f.GUID(), len(hit.Records))
	}
}

// answer sends what the matcher found for a query back the way it came.
func (c *Core) answer(now time.Time, ev *Matched) {
	if c.answerOOB(now, ev) {
		return
	}
	n := c.alive(ev.Link)
	if n == nil {
		first, other, ok := c.queries.Lookup(now, ev.GUID)
		if n = c.way(first, other, nil); !ok || n == nil {
			c.drop(nil, DropNoRoute)
			return
		}
	}
	ttl := wire.TTL(min(int(ev.Hops)+1+hitSlack, hardTTL))
	records := ev.Records[:min(len(ev.Records), maxRecords)]
	c.answered(ev.GUID, len(records))
	for len(records) > 0 {
		batch := hitBatch(records)
		records = records[len(batch):]
		hit := &wire.QueryHit{
			Addr:    c.self.on(n),
			Speed:   c.cfg.Speed,
			Records: batch,
			Trailer: c.hitTrailer(n, c.vouch(now, batch)...),
			Servent: c.cfg.GUID,
		}
		c.send(n, c.out.frame(ev.GUID, ttl, hit))
	}
}

// hitBatch is how many of the records go into one message: at most
// recordsPerHit, and no more once the message passes bytesPerHit.
func hitBatch(records []wire.Record) []wire.Record {
	size := 0
	for i := range records {
		size += len(records[i].Name) + len(records[i].Ext)
		if i+1 == recordsPerHit || size > bytesPerHit {
			return records[:i+1]
		}
	}
	return records
}

// push passes on the wish of a servent to be called by another.
func (c *Core) push(now time.Time, n *neighbor, f wire.Frame) {
	m, err := wire.Parse(f.Type(), f.Payload())
	push, ok := m.(*wire.Push)
	if err != nil || !ok {
		c.drop(n, DropMalformed)
		return
	}
	if first, again := c.pushes.Record(now, f.GUID(), n.id); !first {
		c.duplicate(n, again)
		return
	}
	if push.Servent == c.cfg.GUID {
		c.pushed(now, n, push, n.remote.Addr())
		return
	}
	to := c.servent(now, push.Servent, n)
	switch {
	case to == nil:
		c.drop(n, DropNoRoute)
	case f.TTL() <= 1 && !to.proxies(push.Servent):
		c.drop(n, DropExpired)
	default:
		c.relay(f, max(min(f.TTL(), hardTTL+1)-1, 1), to)
	}
}

// servent finds the neighbor that is, or leads to, a servent.
func (c *Core) servent(now time.Time, guid wire.GUID, from *neighbor) *neighbor {
	for _, n := range c.neighbors {
		if (n.peer.GUID == guid || n.proxies(guid)) && n != from {
			return n
		}
	}
	first, other, _ := c.servents.Lookup(now, guid)
	return c.way(first, other, from)
}
