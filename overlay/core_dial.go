package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
)

// dialed is a host that is being connected to, and since when.
type dialed struct {
	addr netip.AddrPort
	at   time.Time
}

// dial opens links while the node has fewer than it wants, a few at a time. Who
// has not answered soon is still waited for, but others are dialed as well:
// hosts that lost their power say nothing.
func (c *Core) dial(now time.Time) {
	if c.closing {
		return
	}
	for range dialsPerTick {
		if c.lacks(now) <= 0 || len(c.dialing) >= maxDialing || c.vain.full(now) {
			return
		}
		addr, ok := c.hosts.Pick(now, c.unwanted, c.outbound())
		if !ok {
			c.hungry(now)
			return
		}
		c.open(now, addr)
	}
}

// lacks is how many more hosts are to be dialed for the links that are wanted.
func (c *Core) lacks(now time.Time) int {
	lacking := c.wantedLinks() - c.ultrapeers()
	for _, d := range c.dialing {
		if now.Sub(d.at) < dialPatience {
			lacking--
		}
	}
	return lacking
}

// outbound lists the hosts we dialed or are dialing.
func (c *Core) outbound() []netip.AddrPort {
	var out []netip.AddrPort
	for _, n := range c.neighbors {
		if !n.inbound {
			out = append(out, n.remote)
		}
	}
	for _, d := range c.dialing {
		out = append(out, d.addr)
	}
	return out
}

// replace dials for a neighbor that died. All that its death orphaned call the
// same one of its neighbors, the one with the least address, as far as they know
// of it: so they meet again, even where it was the only way between them. Whom
// chance would choose might sit on the same side of the cut. Who knows of none,
// as a leaf, asks its other neighbors for hosts soon.
func (c *Core) replace(now time.Time, dead *neighbor) {
	if c.closing || !dead.up || c.lacks(now) <= 0 {
		return
	}
	var least netip.AddrPort
	for _, addr := range dead.kin {
		if (!least.IsValid() || addr.Compare(least) < 0) && !c.unwanted(addr) {
			least = addr
		}
	}
	if least.IsValid() {
		c.open(now, least)
		return
	}
	if soon := now.Add(pongHungry); soon.Before(c.refresh) {
		c.refresh = soon
	}
}

// hungry asks for pongs soon: more neighbors are wanted and nobody is known.
func (c *Core) hungry(now time.Time) {
	pause := pongHungry
	if !c.isUltrapeer() {
		pause = leafPingPause // ultrapeers answer no earlier
	}
	if soon := now.Add(pause); soon.Before(c.refresh) {
		c.refresh = soon
	}
}

// unwanted reports whether an address is not to be dialed now.
func (c *Core) unwanted(addr netip.AddrPort) bool {
	if c.self.is(addr) || c.crowded(addr.Addr()) {
		return true
	}
	for _, n := range c.links {
		if n.remote == addr || n.listen == addr {
			return true
		}
	}
	for _, d := range c.dialing {
		if d.addr == addr {
			return true
		}
	}
	return false
}

// open dials one host. Links of ours have even names, those of others odd ones.
func (c *Core) open(now time.Time, addr netip.AddrPort) *Dial {
	c.nextLink += 2
	c.dials++
	c.dialing[c.nextLink] = dialed{addr, now}
	c.hosts.Attempt(now, addr)
	d := &Dial{Link: c.nextLink, Addr: addr}
	c.out.add(d)
	return d
}

// connect dials a host the user named, unless it is a neighbor already.
func (c *Core) connect(now time.Time, ev *Connect) {
	c.hosts.Add(now, ev.Addr, netip.Addr{}, hostcache.FromUser)
	if !c.closing && !c.unwanted(ev.Addr) {
		d := c.open(now, ev.Addr)
		d.TLS, d.Peer = ev.TLS, ev.Peer
	}
}

// learned takes hosts that were found beside the overlay.
func (c *Core) learned(now time.Time, ev *Learned) {
	for _, addr := range ev.Hosts {
		c.learn(now, addr, ev.Teller, hostcache.FromCache)
	}
	c.dial(now)
}

func (c *Core) disconnect(now time.Time, addr netip.AddrPort) {
	if n := c.neighborAt(addr); n != nil {
		c.bye(n, byeUser, "Disconnected by user")
		if n.listen.IsValid() {
			c.hosts.Failed(now, n.listen, int(byeUser))
		}
	}
}
