package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// pushed is the wish of somebody that we call them, brought by a neighbor, or by a
// datagram when n is nil, from teller. Whom we would really call is judged,
// whatever else the message says.
func (c *Core) pushed(now time.Time, n *neighbor, push *wire.Push, teller netip.Addr) {
	to := push.Target()
	switch {
	case !c.callable(to, teller):
		c.drop(n, DropTarget)
	case !c.calls.tcp.allow(now, to):
		c.drop(n, DropCallMany)
	default:
		c.out.add(&Call{to, push.Index})
	}
}

// askPush sends a push for the local user, or for somebody who asked us as the
// push proxy of a neighbor.
func (c *Core) askPush(now time.Time, ev *AskPush) {
	c.out.add(&PushAsked{c.sendPush(now, ev)})
}

func (c *Core) sendPush(now time.Time, ev *AskPush) PushResult {
	if ev.For.IsValid() {
		return c.pushFor(now, ev)
	}
	to := c.servent(now, ev.Servent, nil)
	if to == nil {
		return PushUnknown
	}
	guid := wire.NewGUID(c.rnd)
	c.pushes.Record(now, guid, localLink)
	c.send(to, c.out.frame(guid, pushTTL, wire.NewPush(ev.Servent, ev.Index, c.self.on(to))))
	return PushSent
}

// pushFor passes a push on to the neighbor that chose us as its push proxy.
// Others are not known by that name here, lest anybody could have us write to
// anybody.
func (c *Core) pushFor(now time.Time, ev *AskPush) PushResult {
	to := c.proxied(ev.Servent)
	switch {
	case to == nil:
		return PushUnknown
	case ev.For.Port() < minCallPort || !c.calls.proxied.allow(now, ev.For):
		c.drop(nil, DropCallMany)
		return PushRefused
	}
	guid := wire.NewGUID(c.rnd)
	c.pushes.Record(now, guid, localLink)
	c.send(to, c.out.frame(guid, 1, wire.NewPush(ev.Servent, ev.Index, ev.For)))
	return PushSent
}

// proxied is the neighbor with a servent GUID whose push proxy we are.
func (c *Core) proxied(servent wire.GUID) *neighbor {
	for _, n := range c.neighbors {
		if n.proxies(servent) {
			return n
		}
	}
	return nil
}

// hitTrailer is what our hits say of us on a link: whether we can be connected
// to, and if not, who can ask us to call; over which relays we are reached; and
// extensions.
func (c *Core) hitTrailer(n *neighbor, exts ...ggep.Extension) wire.Trailer {
	return c.trailer(hostcache.Class(n.remote.Addr()), append(exts, c.hitExtensions(n.local, n.remote.Addr())...)...)
}

// trailer is hitTrailer for whoever is on a kind of network, with extensions.
func (c *Core) trailer(scope hostcache.Scope, exts ...ggep.Extension) wire.Trailer {
	if ext, ok := c.relayed.Extension(); ok {
		exts = append(exts, ext)
	}
	if c.reach.tcp[scope].open {
		return wire.NewTrailer(vendor, 0, exts...)
	}
	var at []netip.AddrPort
	for _, other := range c.neighbors {
		if addr := other.vendor.proxy.at; addr.IsValid() && hostcache.Class(addr.Addr()) >= scope {
			at = append(at, addr)
		}
	}
	if ext, ok := wire.PushProxies(at); ok {
		exts = append(exts, ext)
	}
	if ext, ok := c.punchProxies(scope); ok {
		exts = append(exts, ext)
	}
	return wire.NewTrailer(vendor, wire.HitPush, exts...)
}

// relayedOf is how the servent of a hit is reached over relays, as far as they can
// be hosts.
func (c *Core) relayedOf(hit *wire.QueryHit, teller netip.Addr) wire.Relayed {
	return c.overHosts(hit.Trailer.Relayed(), teller)
}

// punchedOf is by whom words about a path reach the servent of a hit, likewise.
func (c *Core) punchedOf(hit *wire.QueryHit, teller netip.Addr) wire.Relayed {
	if !hit.Trailer.Has(wire.HitPush) {
		return wire.Relayed{}
	}
	return c.overHosts(hit.Trailer.Punched(), teller)
}

func (c *Core) overHosts(r wire.Relayed, teller netip.Addr) wire.Relayed {
	r.At = c.hostsOf(r.At, teller)
	if len(r.At) == 0 {
		return wire.Relayed{}
	}
	return r
}

// proxiesOf are the push proxies a hit names, as far as they can be hosts.
func (c *Core) proxiesOf(hit *wire.QueryHit, teller netip.Addr) []netip.AddrPort {
	if !hit.Trailer.Has(wire.HitPush) {
		return nil
	}
	return c.hostsOf(hit.Trailer.PushProxies(), teller)
}

// hostsOf is those of the addresses somebody told that can be hosts other than us.
func (c *Core) hostsOf(told []netip.AddrPort, teller netip.Addr) (at []netip.AddrPort) {
	for _, addr := range told {
		if c.cfg.Hosts.Acceptable(addr, teller) == hostcache.Kept && !c.self.is(addr) {
			at = append(at, addr)
		}
	}
	return at
}
