package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
)

// suspect asks a neighbor at once whether it is still there, and waits for one answer
// only: something speaks against it.
func (c *Core) suspect(now time.Time, n *neighbor) {
	if n.suspect {
		return
	}
	n.suspect, n.unanswered, n.pinged = true, aliveTries, now
	c.sendPing(now, n, 1)
}

// callAgain calls a neighbor that we had dialed and suspected rightly: the link was dead,
// and it is as likely well as before. It knows us still for as long as it takes to
// suspect us, and then we try once more.
func (c *Core) callAgain(now time.Time, n *neighbor) {
	if n.suspect && !n.inbound && !c.closing && c.lacks(now) > 0 && !c.unwanted(n.listen) {
		c.open(now, n.listen)
	}
}

// doubt suspects those we dialed: a connection that we opened broke, and what broke it,
// such as a router that lost its table, may have broken all.
func (c *Core) doubt(now time.Time) {
	for _, n := range c.neighbors {
		if !n.inbound {
			c.suspect(now, n)
		}
	}
}

// moved takes it that this machine, or its router, has another address: what was seen of
// the one before is no longer true, and connections by it may be dead, which the other
// ends do not hear of.
func (c *Core) moved(now time.Time) {
	c.self.votes, c.self.mapped, c.self.own = nil, netip.Addr{}, nil
	for _, o := range []*openness{&c.reach.tcp[hostcache.Global], &c.reach.udp[hostcache.Global]} {
		if o.open {
			*o = openness{since: now}
		}
	}
	for _, n := range c.neighbors {
		n.vendor.tested = time.Time{}
		c.suspect(now, n)
	}
}

// retry dials hosts again that did not answer while nobody could have.
func (c *Core) retry(now time.Time) {
	c.vain.clear = time.Time{}
	c.hosts.Retry(now)
	c.dial(now)
}
