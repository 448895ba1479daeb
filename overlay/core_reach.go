package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// scopes is how many kinds of addresses there are.
const scopes = int(hostcache.Global) + 1

// reach is what is known of how others reach us, for each kind of address by
// itself: who sits behind a firewall can still be called by the neighbors on
// its own network. Nobody can, until somebody did.
//
//	closed ── somebody called ──> open ── nobody for reachLifetime ──> closed
type reach struct {
	tcp, udp [scopes]openness
	pings    []announcedPing // oldest first
	next     time.Time       // when some neighbors are asked again
}

// openness is the verdict about one port.
type openness struct {
	open  bool
	since time.Time // of the verdict; zero: since the start
	proof time.Time // the last one
}

// announcedPing is a UDP ping that a neighbor was asked for.
type announcedPing struct {
	guid wire.GUID
	from netip.Addr
	at   time.Time
}

// prove takes a sign that the port is open and reports whether that is news.
func (o *openness) prove(now time.Time) bool {
	news := !o.open
	if o.proof = now; news {
		o.open, o.since = true, now
	}
	return news
}

// expire closes a port that nobody came to for long and reports whether it did.
func (o *openness) expire(now time.Time) bool {
	if !o.open || now.Sub(o.proof) < reachLifetime {
		return false
	}
	o.open, o.since = false, now
	return true
}

// doubtful reports whether a sign of being open would be welcome.
func (o *openness) doubtful(now time.Time) bool {
	return !o.open || now.Sub(o.proof) >= reachLifetime/2
}

// Reach says whether others can reach a port of ours without being asked to.
type Reach struct {
	Open  bool
	Since time.Time // of the verdict; zero: since the start
}

func (o *openness) reach() Reach { return Reach{o.open, o.since} }

// outlook is the kind of network our neighbors are on: the widest of them, the
// public one while there are none.
func (c *Core) outlook() hostcache.Scope {
	widest := hostcache.Bogon
	for _, n := range c.neighbors {
		widest = max(widest, hostcache.Class(n.remote.Addr()))
	}
	if widest == hostcache.Bogon {
		return hostcache.Global
	}
	return widest
}

// firewalled reports whether those who hear of us by the network cannot connect
// to us, as far as is known.
func (c *Core) firewalled() bool { return !c.reach.tcp[c.outlook()].open }

// relays reports whether we relay for others: as an ultrapeer that they reach.
func (c *Core) relays() bool { return c.cfg.Relay && c.isUltrapeer() && !c.firewalled() }

// servesSTUN reports whether we answer STUN: as an ultrapeer that others reach by UDP
// as well.
func (c *Core) servesSTUN() bool {
	return c.cfg.STUN && c.isUltrapeer() && !c.firewalled() && c.reach.udp[c.outlook()].open
}

// openTo reports whether a neighbor, and others on its kind of network, can
// connect to us.
func (c *Core) openTo(n *neighbor) bool { return c.reach.tcp[hostcache.Class(n.remote.Addr())].open }

// markQuery tells with a query of ours whether we can be connected to.
func (c *Core) markQuery(q *wire.Query) {
	if c.firewalled() {
		q.Flags |= wire.FlagFirewalled
	}
}

// reached is a TCP connection that somebody opened to us.
func (c *Core) reached(now time.Time, from netip.Addr) {
	scope := hostcache.Class(from)
	if scope == hostcache.Global && c.self.at(from) {
		return // we called ourselves
	}
	if c.reach.tcp[scope].prove(now) {
		c.withdrawProxies(scope)
	}
}

// sawPing takes a UDP ping that its sender was asked for over TCP, and reports
// whether it is one. It proves the port open, unless something of ours may have
// opened a way for it. It is not answered.
func (c *Core) sawPing(now time.Time, ev *Datagram, guid wire.GUID) bool {
	from := ev.From.Addr()
	for _, p := range c.reach.pings {
		if p.guid == guid && p.from == from && now.Sub(p.at) < announceLifetime {
			if !c.mayAnswer(now, ev) {
				c.reach.udp[hostcache.Class(from)].prove(now)
			}
			return true
		}
	}
	return false
}

// checkReach does what time brings: what was proven long ago is tested again,
// and no longer believed if nothing comes of it.
func (c *Core) checkReach(now time.Time) {
	lost := false
	for i := range scopes {
		tcp, udp := c.reach.tcp[i].expire(now), c.reach.udp[i].expire(now)
		lost = lost || tcp || udp
	}
	switch {
	case lost:
		c.testReach(now, reachTestsLost)
	case !now.Before(c.reach.next):
		c.reach.next = now.Add(reachPeriod)
		c.testReach(now, reachTests)
	}
	for _, n := range c.neighbors {
		c.seekProxy(now, n)
	}
}

// recheck asks neighbors that were asked before, too.
func (c *Core) recheck(now time.Time) {
	for _, n := range c.neighbors {
		n.vendor.tested = time.Time{}
	}
	c.testReach(now, reachTestsLost)
}

// testReach asks some neighbors to call us.
func (c *Core) testReach(now time.Time, most int) {
	for _, i := range c.rnd.Perm(len(c.neighbors)) {
		if most == 0 {
			return
		}
		if c.testWith(now, c.neighbors[i]) {
			most--
		}
	}
}

// testWith asks a neighbor to call us, where a sign of being open is welcome and
// it can, and reports whether it was asked.
func (c *Core) testWith(now time.Time, n *neighbor) bool {
	scope, asked := hostcache.Class(n.remote.Addr()), false
	if c.cfg.Port == 0 || now.Sub(n.vendor.tested) < reachPeriod {
		return false
	}
	if c.reach.tcp[scope].doubtful(now) && n.supports(wire.VendorTCPConnectBack) {
		c.tell(n, wire.GUID{}, wire.NewTCPConnectBack(c.cfg.Port))
		asked = true
	}
	id := wire.VendorUDPConnectBack2
	if !n.supports(id) {
		id = wire.VendorUDPConnectBack
	}
	if c.reach.udp[scope].doubtful(now) && n.supports(id) {
		// The GUID is made for the purpose: who knows our servent GUID cannot
		// feign the ping.
		ping := wire.NewGUID(c.rnd)
		c.reach.announce(announcedPing{ping, n.remote.Addr(), now})
		c.tell(n, ping, wire.NewUDPConnectBack(id, c.cfg.Port, ping))
		asked = true
	}
	if asked {
		n.vendor.tested = now
	}
	return asked
}

func (r *reach) announce(p announcedPing) {
	if len(r.pings) == maxAnnounced {
		r.pings = r.pings[:copy(r.pings, r.pings[1:])]
	}
	r.pings = append(r.pings, p)
}
