package overlay

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// Codes of BYE messages (Gnutella 0.6, "Bye").
const (
	byeShutdown  handshake.Status = 200
	byeUser      handshake.Status = 202
	byeRoom      handshake.Status = 202
	byeRole      handshake.Status = 203
	byeMalformed handshake.Status = 400
	byeAgain     handshake.Status = 401
	byeHighTTL   handshake.Status = 403
	byeSlow      handshake.Status = 405
	byeSilent    handshake.Status = 406
	byeDuplicate handshake.Status = 409
	byeRoutes    handshake.Status = 413
	byeRelays    handshake.Status = 414
	byeFull      handshake.Status = 503
	byeChanged   handshake.Status = 504
)

// apply judges a peer in the middle of a handshake and, when it is let in,
// keeps a slot for it until Up or Failed.
func (c *Core) apply(now time.Time, ev *Applied) {
	c.observe(now, ev)
	verdict := c.judge(now, ev)
	c.out.add(&Judged{ev.Link, verdict})
	if crawls(ev) {
		return // it wants an answer, no link
	}
	c.learnFrom(now, ev)
	if verdict.Code != handshake.OK {
		return
	}
	delete(c.dialing, ev.Link)
	n := &neighbor{
		as: verdict.Become,
		id: ev.Link, remote: ev.Remote, local: ev.Local, inbound: ev.Inbound, peer: ev.Peer,
		listen: listenAddr(ev), since: now, heard: now,
	}
	c.links[n.id] = n
}

// judge decides about a peer; the order is that of gtk-gnutella: ourselves,
// duplicates, role, slots.
func (c *Core) judge(now time.Time, ev *Applied) handshake.Verdict {
	p := ev.Peer
	switch {
	case c.closing:
		return handshake.Refused(handshake.Full, "Shutting down")
	case p.GUID == c.cfg.GUID && !p.GUID.IsZero():
		return handshake.Refused(handshake.Conflict, "Connected to itself")
	case c.connected(ev) != nil:
		if n := c.connected(ev); ev.Inbound && (n.unanswered > 0 || now.Sub(n.pinged) >= alivePause) {
			c.suspect(now, n) // else why would it call? But who feigns to be it gets us to ask no more than that
		}
		return handshake.Refused(handshake.Conflict, "Already connected")
	case crawls(ev):
		return c.crawled(now, ev)
	case p.Role == handshake.RoleUnknown:
		return handshake.Refused(handshake.Forbidden, "Normal nodes refused")
	case c.crowded(ev.Remote.Addr()):
		return c.full(now, ev, "Too many connections from your network")
	case ev.Offered != handshake.RoleUnknown && ev.Offered != c.role.is:
		return c.full(now, ev, textChanged)
	case ev.Inbound && p.Role == handshake.RoleLeaf:
		c.found(now)
	}
	v := c.judgeRole(ev)
	if v.Become == handshake.RoleUnknown {
		v.Become = c.role.is
	}
	return c.naming(now, ev, v)
}

// full refuses a peer for want of room.
func (c *Core) full(now time.Time, ev *Applied, text string) handshake.Verdict {
	return c.naming(now, ev, handshake.Refused(handshake.Full, text))
}

// naming adds hosts to try to a verdict: who is refused needs them, who is let
// in finds its other neighbors by them.
func (c *Core) naming(now time.Time, ev *Applied, v handshake.Verdict) handshake.Verdict {
	if ev.Inbound {
		v.Try = c.hosts.Some(now, tryHosts, ev.Remote)
	}
	return v
}

// connected is the link that the peer has to us already, nil if it has none. Links that are
// still in a handshake do not count: two servents that call each other at the
// same moment would refuse each other. Up settles it.
func (c *Core) connected(ev *Applied) *neighbor {
	listen := listenAddr(ev)
	for _, n := range c.neighbors {
		if n.remote == ev.Remote || listen.IsValid() && n.listen == listen {
			return n
		}
		if !ev.Peer.GUID.IsZero() && n.peer.GUID == ev.Peer.GUID {
			return n
		}
	}
	return nil
}

// crowded reports whether an address or its network has all the links it may.
func (c *Core) crowded(addr netip.Addr) bool {
	if hostcache.Class(addr).Local() {
		return false
	}
	var sameAddr, sameNet int
	for _, n := range c.links {
		if n.remote.Addr() == addr {
			sameAddr++
		}
		if hostcache.Net(n.remote.Addr()) == hostcache.Net(addr) {
			sameNet++
		}
	}
	return sameAddr >= maxPerAddr || sameNet >= maxPerNet
}

// listenAddr is where a peer takes connections: the address we called, or its
// own word when that names the address it calls from.
func listenAddr(ev *Applied) netip.AddrPort {
	if !ev.Inbound {
		return ev.Remote
	}
	if l := ev.Peer.Listen; l.IsValid() && l.Addr() == ev.Remote.Addr() {
		return l
	}
	return netip.AddrPort{}
}

// learnFrom takes the addresses a handshake tells.
func (c *Core) learnFrom(now time.Time, ev *Applied) {
	teller := ev.Remote.Addr()
	c.self.saw(ev)
	c.hosts.SetOwn(c.self.own)
	for _, addr := range ev.Peer.Try {
		c.learn(now, addr, teller, hostcache.FromTry)
	}
	if ev.Inbound {
		c.reached(now, ev.Remote.Addr())
	}
	if ev.Inbound && ev.Peer.Role == handshake.RoleUltrapeer {
		if l := listenAddr(ev); l.IsValid() {
			c.learn(now, l, teller, hostcache.FromHandshake)
		}
	}
}

// learn offers an address to the host cache, unless it is our own.
func (c *Core) learn(now time.Time, addr netip.AddrPort, teller netip.Addr, kind hostcache.Source) bool {
	return !c.self.is(addr) && c.hosts.Add(now, addr, teller, kind) == hostcache.Kept
}

// up makes a judged peer a neighbor.
func (c *Core) up(now time.Time, ev *Up) {
	n := c.links[ev.Link]
	if n == nil || n.up {
		return
	}
	n.up, n.since, n.heard, n.terms = true, now, now, ev.Terms
	if ev.Peer != nil {
		n.peer = ev.Peer
	}
	c.out.add(&Met{n.remote, n.terms.ID, n.inbound, n.as, n.peer.Role})
	if !c.settle(now, n) {
		return
	}
	if twin := c.twin(n); twin != nil {
		if c.yields(n) {
			c.join(n)
			c.bye(n, byeDuplicate, "Already connected")
			return
		}
		c.bye(twin, byeDuplicate, "Already connected")
	}
	c.join(n)
	ultra := n.peer.Role == handshake.RoleUltrapeer
	if n.listen.IsValid() && ultra {
		c.hosts.Good(now, n.listen)
	}
	c.hosts.SetAnchors(c.anchors())
	for _, addr := range n.peer.Try {
		if ultra && c.usable(addr, n) {
			n.meets(addr)
		}
	}
	c.hungry(now) // newcomers change who knows whom
	c.greet(now, n)
	c.repeatSearches(now, n)
}

// anchors are the neighbors to dial first after a restart: those we chose
// ourselves, the oldest first.
func (c *Core) anchors() []netip.AddrPort {
	var out []netip.AddrPort
	for _, n := range c.neighbors {
		if !n.inbound {
			out = append(out, n.remote)
		}
	}
	return out
}

// twin is the other link to the same servent that came up at the same moment.
func (c *Core) twin(n *neighbor) *neighbor {
	for _, other := range c.neighbors {
		if other != n && !n.peer.GUID.IsZero() && other.peer.GUID == n.peer.GUID {
			return other
		}
	}
	return nil
}

// yields decides which of two links to one servent goes, so that both ends
// decide alike: the link stays that was opened by the greater GUID.
func (c *Core) yields(n *neighbor) bool {
	greater := bytes.Compare(c.cfg.GUID[:], n.peer.GUID[:]) > 0
	return n.inbound == greater
}

// failed is a link that did not come about.
func (c *Core) failed(now time.Time, ev *Failed) {
	d, dialed := c.dialing[ev.Link]
	addr := d.addr
	delete(c.dialing, ev.Link)
	if n := c.links[ev.Link]; n != nil {
		if addr, dialed = n.remote, !n.inbound; n.up {
			return // Ended speaks for links that were up
		}
		c.remove(n)
	}
	if !dialed {
		return
	}
	var refused *handshake.RefusedError
	var changed *handshake.TurnedAwayError
	if errors.As(ev.Err, &changed) && changed.Text == textChanged && !c.closing {
		c.open(now, addr) // as what we are now
		return
	}
	code := 0
	if errors.As(ev.Err, &refused) {
		code = int(refused.Code)
		for _, try := range refused.Try {
			c.learn(now, try, addr.Addr(), hostcache.FromTry)
		}
	} else if changed == nil {
		c.vain.note(now, addr.Addr())
	}
	c.hosts.Failed(now, addr, code)
	c.dial(now)
}

// stalled sends a neighbor away that does not take what it is sent. It has only
// been losing messages meanwhile; nobody waited for it.
func (c *Core) stalled(now time.Time, ev *Stalled) {
	n := c.alive(ev.Link)
	if n == nil {
		return
	}
	c.bye(n, byeSlow, "Send queue blocked")
	if n.listen.IsValid() {
		c.hosts.Failed(now, n.listen, int(byeSlow))
	}
	c.replace(now, n)
	c.dial(now)
}

// ended is a link that is over, or whose bytes were no messages.
func (c *Core) ended(now time.Time, ev *Ended) {
	n := c.links[ev.Link]
	if n == nil {
		return // we said BYE first
	}
	var malformed *wire.FormatError
	if errors.As(ev.Err, &malformed) {
		c.drop(n, DropMalformed)
		c.bye(n, byeMalformed, malformed.Error())
	} else {
		c.out.add(&Close{n.id})
		if ev.Err == nil || errors.Is(ev.Err, io.EOF) {
			c.tellParted(n, whyClosed)
		} else {
			c.tellParted(n, "%v", ev.Err)
		}
		c.remove(n)
		if n.up && !n.inbound && ev.Err != nil && !errors.Is(ev.Err, io.EOF) { // the other side did not end it
			c.doubt(now)
		}
		c.callAgain(now, n)
	}
	c.replace(now, n)
	c.dial(now)
}
