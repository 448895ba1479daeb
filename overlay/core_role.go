package overlay

import (
	"time"

	"filbert/overlay/handshake"
)

// roleState is what the node is, and since when.
type roleState struct {
	is       handshake.Role
	since    time.Time
	why      string        // the last change, or what keeps it from one
	review   time.Time     // when it is next thought over
	pause    time.Duration // between two reviews; doubled by every demotion
	lastLeaf time.Time     // when there was one last
	wanted   time.Time     // when an ultrapeer last said that more are needed
}

func (c *Core) isUltrapeer() bool { return c.role.is == handshake.RoleUltrapeer }

// leaf reports whether n is a leaf that we serve.
func (c *Core) leaf(n *neighbor) bool { return c.isUltrapeer() && n.peer.Role == handshake.RoleLeaf }

// ultrapeers and leaves count links, those in a handshake included.
func (c *Core) ultrapeers() int { return len(c.links) - c.leaves() }

func (c *Core) leaves() int {
	count := 0
	for _, n := range c.links {
		if c.leaf(n) {
			count++
		}
	}
	return count
}

// wantedLinks is how many ultrapeers the node dials for.
func (c *Core) wantedLinks() int {
	if c.isUltrapeer() {
		return c.cfg.Want
	}
	return min(c.cfg.Want, leafWant)
}

// fitness gathers what the node has seen of itself.
func (c *Core) fitness(now time.Time) fitness {
	f := fitness{
		uptime:    now.Sub(c.started),
		reachable: !c.firewalled(),
		slots:     c.cfg.MaxLeaves,
		wanted:    !c.role.wanted.IsZero() && now.Sub(c.role.wanted) < memoryOfRole,
		leaves:    c.leaves(),
		idle:      now.Sub(c.role.since),
		ultras:    c.ultrapeers(),
	}
	if c.role.lastLeaf.After(c.role.since) {
		f.idle = now.Sub(c.role.lastLeaf)
	}
	return f
}

// observe takes what a handshake shows of what others want.
func (c *Core) observe(now time.Time, ev *Applied) {
	if ev.Peer.Role == handshake.RoleUltrapeer && ev.Peer.Guidance == handshake.GuidanceUltrapeer {
		c.role.wanted = now
	}
}

// review thinks the role over when it is time to.
func (c *Core) review(now time.Time) {
	if c.leaves() > 0 {
		c.role.lastLeaf = now
	}
	if c.cfg.Mode != ModeAuto || now.Before(c.role.review) {
		return
	}
	c.role.review = now.Add(c.role.pause)
	f := c.fitness(now)
	if c.isUltrapeer() {
		if why := f.fails(); why != "" {
			c.role.pause = min(2*c.role.pause, maxReview)
			c.role.review = now.Add(c.role.pause)
			c.become(now, handshake.RoleLeaf, why)
		}
		return
	}
	if c.role.why = f.lacks(); c.role.why == "" {
		c.become(now, handshake.RoleUltrapeer, "it is fit for it")
	}
}

// found makes an ultrapeer of a leaf that is called while it has no ultrapeer
// itself: that it can be reached is proven, and a network has to begin
// somewhere.
func (c *Core) found(now time.Time) bool {
	if c.cfg.Mode != ModeAuto || c.isUltrapeer() || c.closing {
		return false
	}
	for _, n := range c.links {
		if n.peer.Role == handshake.RoleUltrapeer {
			return false
		}
	}
	c.become(now, handshake.RoleUltrapeer, "it was called and knew no ultrapeer")
	return true
}

// become changes the role. The links of the old role end: their other sides
// treat us as what we were.
func (c *Core) become(now time.Time, role handshake.Role, why string) {
	c.role.is, c.role.since, c.role.why = role, now, why
	for _, n := range c.snapshotNeighbors() {
		c.bye(n, byeRole, "Becoming "+article(role))
	}
}

func article(role handshake.Role) string {
	if role == handshake.RoleUltrapeer {
		return "an ultrapeer"
	}
	return "a leaf"
}
