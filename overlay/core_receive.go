package overlay

import (
	"time"

	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// receive takes the frames of one batch in order.
func (c *Core) receive(now time.Time, ev *Batch) {
	n := c.alive(ev.Link)
	if n == nil {
		return
	}
	n.heard, n.unanswered, n.suspect = now, 0, false
	for rest := ev.Frames; len(rest) > 0; {
		frame, tail, err := wire.SplitFrame(rest)
		if err != nil {
			c.drop(n, DropMalformed)
			return
		}
		rest = tail
		n.received.count(frame.Type(), len(frame))
		c.traffic.Received.count(frame.Type(), len(frame))
		c.message(now, n, frame)
		if c.links[n.id] != n {
			return // it was sent away
		}
	}
}

// message handles one message of a neighbor.
func (c *Core) message(now time.Time, n *neighbor, f wire.Frame) {
	if why, ok := checkHeader(f); !ok {
		c.drop(n, why)
		return
	}
	if c.leaf(n) && f.Hops() > 0 {
		c.drop(n, DropSingleHop)
		c.bye(n, byeRelays, "Leaf node relayed a message")
		return
	}
	switch f.Type() {
	case wire.TypeQuery:
		c.query(now, n, f)
	case wire.TypeQueryHit:
		c.hit(now, n, f)
	case wire.TypePing:
		c.ping(now, n, f)
	case wire.TypePong:
		c.pong(now, n, f)
	case wire.TypePush:
		c.push(now, n, f)
	case wire.TypeBye:
		c.farewell(now, n, f)
	case wire.TypeRoute:
		c.route(now, n, f)
	case wire.TypeVendor, wire.TypeStandard:
		c.vendorMessage(now, n, f)
	case wire.TypeHSEP:
		c.hsep(n, f)
	case wire.TypeRUDP, wire.TypeDHT:
		c.drop(n, DropUnsupported)
	default:
		c.drop(n, DropUnknownType)
	}
}

// checkHeader refuses what no servent sends (Gnutella 0.6, "TTL and hops").
func checkHeader(f wire.Frame) (DropReason, bool) {
	ttl, hops := f.TTL(), f.Hops()
	switch f.Type() {
	case wire.TypeBye, wire.TypeRoute, wire.TypeVendor, wire.TypeStandard, wire.TypeHSEP:
		if (hops != 0 || ttl > 1) && !proxiedHead(f) {
			return DropSingleHop, false
		}
		return 0, true
	case wire.TypePing: // TTL 0 acknowledges a ping of ours
		return DropHopsEnded, hops != 255
	}
	switch {
	case hops == 255:
		return DropHopsEnded, false
	case ttl == 0:
		return DropTTLZero, false
	}
	return 0, true
}

// farewell is the BYE of a neighbor: nothing comes after it.
func (c *Core) farewell(now time.Time, n *neighbor, f wire.Frame) {
	code, text := 0, ""
	m, err := wire.Parse(f.Type(), f.Payload())
	if bye, ok := m.(*wire.Bye); ok && err == nil {
		code, text = int(bye.Code), bye.Text
	} else {
		c.drop(n, DropMalformed)
	}
	c.out.add(&Close{n.id})
	c.tellParted(n, whySaid, text, code)
	c.remove(n)
	if n.listen.IsValid() {
		c.hosts.Failed(now, n.listen, code)
	}
	c.replace(now, n)
	c.dial(now)
}

// relay passes a frame on: TTL and hops are patched where it lies.
func (c *Core) relay(f wire.Frame, ttl wire.TTL, to ...*neighbor) {
	f.SetTTL(ttl, f.Hops()+1)
	for _, n := range to {
		c.send(n, f)
	}
}

// way returns the neighbor a message for guid goes to: the first link it is
// known on, else the other, never the one it comes from.
func (c *Core) way(first, other link.ID, from *neighbor) *neighbor {
	for _, id := range [...]link.ID{first, other} {
		if n := c.alive(id); n != nil && n != from {
			return n
		}
	}
	return nil
}
