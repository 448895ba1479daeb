package overlay

import (
	"fmt"
	"time"

	"filbert/overlay/handshake"
)

// textChanged refuses a peer whom we told another role than we have now.
const textChanged = "Changed its role meanwhile"

// judgeRole decides by what we are and what the peer is.
func (c *Core) judgeRole(ev *Applied) handshake.Verdict {
	leaf := ev.Peer.Role == handshake.RoleLeaf
	switch {
	case !c.isUltrapeer() && (leaf || c.ultrapeers() >= leafWant):
		return handshake.Refused(handshake.Shielded, fmt.Sprintf("Shielded leaf node (%d peers max)", leafWant))
	case !c.isUltrapeer():
		return handshake.Accepted()
	case leaf && !ev.Inbound:
		return handshake.Refused(handshake.Full, "Looking for ultrapeers")
	case leaf:
		return c.judgeLeaf(ev)
	}
	return c.judgeUltrapeer(ev)
}

// judgeLeaf decides about one that wants to be our leaf.
func (c *Core) judgeLeaf(ev *Applied) handshake.Verdict {
	if c.leaves() >= c.cfg.MaxLeaves && c.evictable(true) == nil {
		return handshake.Refused(handshake.Full, fmt.Sprintf("Too many leaf connections (%d max)", max(c.cfg.MaxLeaves, 0)))
	}
	v := handshake.Accepted()
	v.Needed = c.needed(ev)
	return v
}

// judgeUltrapeer decides about another ultrapeer. When the slots are taken it
// may become our leaf; when it has leaves to lose it will not, and Up turns it
// away or makes room.
func (c *Core) judgeUltrapeer(ev *Applied) handshake.Verdict {
	v := handshake.Accepted()
	v.Needed = c.needed(ev)
	if !ev.Inbound {
		if ev.Peer.Guidance == handshake.GuidanceLeaf && c.cfg.Mode == ModeAuto && c.leaves() == 0 {
			v.Become = handshake.RoleLeaf
		}
		return v
	}
	if c.ultrapeers() >= c.cfg.Max && c.leaves() >= c.cfg.MaxLeaves && c.evictable(false) == nil {
		return handshake.Refused(handshake.Full, fmt.Sprintf("Too many ultrapeer connections (%d max)", c.cfg.Max))
	}
	return v
}

// needed is what we tell a peer that calls us: whether more ultrapeers are
// wanted here.
func (c *Core) needed(ev *Applied) handshake.Guidance {
	switch {
	case !ev.Inbound:
		return handshake.GuidanceNone
	case c.ultrapeers() < c.cfg.Max:
		return handshake.GuidanceUltrapeer
	}
	return handshake.GuidanceLeaf
}

// settle holds a link that is up against what became of the roles in the
// handshake, and makes room for it. It reports whether the link stays.
func (c *Core) settle(now time.Time, n *neighbor) bool {
	if n.as != c.role.is {
		if n.as != handshake.RoleLeaf || c.cfg.Mode != ModeAuto || c.leaves() > 0 {
			c.bye(n, byeChanged, textChanged)
			return false
		}
		c.become(now, handshake.RoleLeaf, "an ultrapeer asked for it")
	}
	leaf := c.leaf(n)
	have, most := c.ultrapeers(), c.cfg.Max
	switch {
	case leaf:
		have, most = c.leaves(), c.cfg.MaxLeaves
	case !c.isUltrapeer():
		most = leafWant
	}
	if have <= most {
		return true
	}
	victim := c.evictable(leaf)
	if victim == nil || !n.inbound {
		c.bye(n, byeFull, "Too many connections")
		return false
	}
	c.bye(victim, byeRoom, "Making room")
	return true
}

// greet says the first things on a link that is up. Something must be said
// soon: gtk-gnutella sends no query to a neighbor it has heard nothing from.
func (c *Core) greet(now time.Time, n *neighbor) {
	ttl := c.cfg.MaxTTL
	if c.leaf(n) {
		ttl = 1
	}
	c.sendPing(now, n, ttl)
	c.introduce(n)
	c.tellTable(now, n)
}
