package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// proxying is what a neighbor and we do for one another: who cannot be connected
// to is asked to call others by its push proxy, which has a link to it.
type proxying struct {
	servent wire.GUID      // GUID of the neighbor, whose push proxy we are; blank: we are not
	at      netip.AddrPort // where it is our push proxy; invalid: it is not
	asked   time.Time      // when it was asked to be, last
}

// proxies reports whether we are the push proxy of a neighbor of that GUID.
func (n *neighbor) proxies(servent wire.GUID) bool {
	return !servent.IsZero() && n.vendor.proxy.servent == servent
}

// proxyRequest makes us the push proxy of a neighbor, unless we could not serve
// as one or it is not who it says; then it hears nothing.
func (c *Core) proxyRequest(n *neighbor, servent wire.GUID) {
	at := c.self.on(n)
	switch {
	case !c.openTo(n) || at.Port() == 0 || !at.Addr().IsValid() || at.Addr().IsUnspecified():
		c.drop(n, DropUnsupported)
		return
	case servent.IsZero() || servent == c.cfg.GUID || !n.peer.GUID.IsZero() && servent != n.peer.GUID:
		c.drop(n, DropForged)
		return
	}
	if other := c.owner(servent); other != nil && other != n {
		c.drop(n, DropForged)
		return
	}
	n.vendor.proxy.servent = servent
	c.tell(n, servent, wire.NewProxyAnswer(at))
}

// owner is the neighbor that has a servent GUID, by its handshake or by its
// request.
func (c *Core) owner(servent wire.GUID) *neighbor {
	for _, n := range c.neighbors {
		if n.peer.GUID == servent || n.proxies(servent) {
			return n
		}
	}
	return nil
}

// proxyAnswer takes the address at which a neighbor is our push proxy. It can
// only be its own: whom our hits name is called by all who want a file.
func (c *Core) proxyAnswer(n *neighbor, servent wire.GUID, v *wire.Vendor) error {
	ip, port, err := v.ProxyAnswer()
	if err != nil {
		return err
	}
	if !ip.IsValid() {
		ip = n.remote.Addr()
	}
	at := netip.AddrPortFrom(ip, port)
	switch {
	case servent != c.cfg.GUID || n.vendor.proxy.asked.IsZero():
		c.drop(n, DropForged)
	case ip != n.remote.Addr() && !hostcache.Class(n.remote.Addr()).Local(), !c.usable(at, n), c.self.is(at):
		c.drop(n, DropAddress)
	case !c.openTo(n):
		n.vendor.proxy.at = at
	}
	return nil
}

// seekProxy asks an ultrapeer to be our push proxy while we cannot be connected
// to. It is not done in the first moments of a link, when that is being tested.
func (c *Core) seekProxy(now time.Time, n *neighbor) {
	p := &n.vendor.proxy
	if c.openTo(n) || p.at.IsValid() || n.peer.Role != handshake.RoleUltrapeer ||
		now.Sub(n.since) < proxyDelay || now.Sub(p.asked) < proxyPause {
		return
	}
	id := wire.VendorProxyRequest
	if !n.supports(id) {
		id = wire.VendorProxyRequest2 // the same
	}
	if n.supports(id) {
		p.asked = now
		c.tell(n, c.cfg.GUID, &wire.Vendor{ID: id})
	}
}

// withdrawProxies tells the push proxies on a kind of network, where we can be
// connected to now, that we need them no more.
func (c *Core) withdrawProxies(scope hostcache.Scope) {
	for _, n := range c.neighbors {
		p := &n.vendor.proxy
		if hostcache.Class(n.remote.Addr()) != scope || p.asked.IsZero() {
			continue
		}
		p.at, p.asked = netip.AddrPort{}, time.Time{}
		if n.supports(wire.VendorProxyCancel) {
			c.tell(n, wire.GUID{}, &wire.Vendor{ID: wire.VendorProxyCancel})
		}
	}
}
