package overlay

import (
	"math/bits"
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// checkAlive pings a neighbor that is silent and sends away one that stays so.
func (c *Core) checkAlive(now time.Time, n *neighbor) {
	idle := aliveIdle
	if c.leaf(n) {
		idle = aliveIdleLeaf
	}
	if !n.suspect && now.Sub(n.heard) < idle || n.unanswered > 0 && now.Sub(n.pinged) < alivePause {
		return
	}
	if n.unanswered >= aliveTries {
		c.bye(n, byeSilent, "No reply to alive pings")
		if n.listen.IsValid() && !n.suspect { // else it may be us who are not where we were
			c.hosts.Failed(now, n.listen, 0)
		}
		c.callAgain(now, n)
		c.replace(now, n)
		return
	}
	n.unanswered++
	n.pinged = now
	c.sendPing(now, n, 1)
}

// sendPing pings a neighbor. Its own pong tells how long the way is.
func (c *Core) sendPing(now time.Time, n *neighbor, ttl wire.TTL) {
	n.timed, n.timedAt = wire.NewPingGUID(c.rnd), now
	c.send(n, c.out.frame(n.timed, ttl, &wire.Ping{}))
}

// ping answers a neighbor's ping. Pings are never relayed: others answer from
// what they know (pong caching).
func (c *Core) ping(now time.Time, n *neighbor, f wire.Frame) {
	ttl, hops := f.TTL(), f.Hops()
	switch {
	case ttl == 0: // acknowledges a ping of ours
	case ttl+wire.TTL(hops) == 1: // is the link alive?
		c.send(n, c.out.frame(f.GUID(), 1, c.ownPong(now, n)))
	case ttl == 2 && hops == 0: // a crawler asks who our neighbors are
		if c.pingEarly(now, n) {
			return
		}
		c.send(n, c.out.frame(f.GUID(), 1, c.ownPong(now, n)))
		c.neighborPongs(n, f.GUID())
	default:
		if c.pingEarly(now, n) {
			return
		}
		back := wire.TTL(min(int(hops)+1, int(c.cfg.MaxTTL)))
		if c.ultrapeers() < c.cfg.Max || !c.isUltrapeer() {
			c.send(n, c.out.frame(f.GUID(), back, c.ownPong(now, n)))
		}
		if !c.isUltrapeer() {
			return
		}
		for _, p := range c.pongs.pick(now, pongsPerPing, c.rnd, func(addr netip.AddrPort) bool { return addr != n.listen && c.usableTo(addr, n) }) {
			pong := c.out.frame(f.GUID(), back, &p.pong)
			pong.SetTTL(back, p.hops)
			c.send(n, pong)
		}
	}
}

// pingEarly drops pings beyond one in pingPause, and those of leaves beyond one in
// leafPingPause, of which one may come ahead of its time: a leaf that just lost
// an ultrapeer may ask at once, and one that asks to the second is not refused
// because the ping before was slower on its way.
func (c *Core) pingEarly(now time.Time, n *neighbor) bool {
	paid := now
	if n.paid.After(now) {
		paid = n.paid
	}
	if now.Sub(n.asked) < pingPause || c.leaf(n) && paid.Sub(now) > leafPingPause {
		c.drop(n, DropPingEarly)
		return true
	}
	n.asked, n.paid = now, paid.Add(leafPingPause)
	return false
}

// neighborPongs answers a crawler with a pong for each neighbor.
func (c *Core) neighborPongs(n *neighbor, guid wire.GUID) {
	for _, other := range c.neighbors {
		if other == n || c.leaf(other) || !other.listen.IsValid() || !c.usableTo(other.listen, n) {
			continue
		}
		pong := c.out.frame(guid, 1, wire.NewPong(other.listen, other.files, other.kib, wire.HostInfo{}))
		pong.SetTTL(1, 1)
		c.send(n, pong)
	}
}

// ownPong is what we tell of ourselves on a link.
func (c *Core) ownPong(now time.Time, n *neighbor) *wire.Pong {
	addr, ip6 := c.self.both(n.local, n.remote.Addr())
	info := c.info(now)
	info.IPv6 = ip6
	return wire.NewPong(addr, uint32(min(c.sharing.Files, 10_000_000)), c.pongKiB(), info)
}

// info is what a pong says of us beyond what we share.
func (c *Core) info(now time.Time) wire.HostInfo {
	return wire.HostInfo{
		Vendor:    vendor,
		Minor:     1,
		Uptime:    min(now.Sub(c.started), 24*time.Hour),
		Ultrapeer: c.isUltrapeer(),
		TLS:       c.cfg.tls,
		HostCache: c.cfg.HostCache,
		Leaves:    free(c.cfg.MaxLeaves, c.leaves()),
		Ultras:    free(c.cfg.Max, c.ultrapeers()),
	}
}

// free is how many slots are left, as a pong tells it.
func free(most, taken int) uint8 { return uint8(min(max(most-taken, 0), 255)) }

// pongKiB is the size we share as a pong tells it; it also tells the role.
func (c *Core) pongKiB() uint32 {
	if c.isUltrapeer() {
		return ultrapeerKiB(c.sharing.KiB)
	}
	return uint32(min(c.sharing.KiB, 1<<31)) | 1
}

// ultrapeerKiB marks a pong as that of an ultrapeer: the size shared is a power
// of two, at least 8 (Gnutella 0.6, "Pong").
func ultrapeerKiB(kib int64) uint32 {
	kib = min(max(kib, 8), 1<<31)
	return 1 << (bits.Len64(uint64(kib)) - 1)
}

// isUltrapeer reads the mark of ultrapeerKiB, or the extension of today.
func isUltrapeer(p *wire.Pong) bool {
	return p.KiB >= 8 && bits.OnesCount32(p.KiB) == 1 || p.Info().Ultrapeer
}

// pong learns from a neighbor's pong.
func (c *Core) pong(now time.Time, n *neighbor, f wire.Frame) {
	if now.Sub(n.pongWindow) >= time.Minute {
		n.pongWindow, n.pongs = now, 0
	}
	if n.pongs++; n.pongs > maxPongsPerMinute {
		c.drop(n, DropPongMany)
		return
	}
	m, err := wire.Parse(f.Type(), slices.Clone(f.Payload())) // outlives the batch it came in
	p, ok := m.(*wire.Pong)
	if err != nil || !ok {
		c.drop(n, DropMalformed)
		return
	}
	hops := f.Hops() + 1
	if f.GUID() == n.timed && hops == 1 {
		n.measured(max(now.Sub(n.timedAt), 1))
	}
	if hops == 1 { // its own: we know better where it is
		n.files, n.kib = p.Files, p.KiB
		if !n.listen.IsValid() && p.Addr.Addr() == n.remote.Addr() && p.Addr.Port() != 0 {
			n.listen = p.Addr
		}
		if !n.listen.IsValid() {
			return
		}
		p.Move(n.listen)
	}
	if n.peer.Role == handshake.RoleLeaf {
		return // it takes no links
	}
	if !c.usable(p.Addr, n) || c.self.is(p.Addr) {
		c.drop(n, DropAddress)
		return
	}
	if hops > 1 && !isUltrapeer(p) {
		return // a leaf takes no links
	}
	if hops == 2 {
		n.meets(p.Addr)
	}
	c.learn(now, p.Addr, n.remote.Addr(), hostcache.FromPong)
	c.pongs.add(now, cachedPong{pong: *p, hops: hops})
}

// refreshPongs asks a fifth of the neighbors for pongs.
func (c *Core) refreshPongs(now time.Time) {
	ask := max(refreshFewest, len(c.neighbors)/5)
	for _, i := range c.rnd.Perm(len(c.neighbors)) {
		if c.leaf(c.neighbors[i]) {
			continue
		}
		if ask--; ask < 0 {
			return
		}
		c.sendPing(now, c.neighbors[i], c.cfg.MaxTTL)
	}
}
