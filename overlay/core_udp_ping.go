package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/token"
	"filbert/overlay/wire"
)

// pingDatagram answers a UDP ping: with who we are, with other hosts, a key for
// GUESS queries or the sender's address if it asks for them, as far as there is
// room.
func (c *Core) pingDatagram(now time.Time, ev *Datagram, f wire.Frame) {
	switch {
	case f.Hops() != 0 || f.TTL() != 1:
		c.drop(nil, DropSingleHop)
		return
	case f.GUID() == c.cfg.GUID || c.sawPing(now, ev, f.GUID()):
		return // somebody whom we asked to try whether we are reached
	}
	if c.proveFirst(now, ev) {
		return
	}
	room := c.room(now, ev.From, len(f))
	if room == 0 {
		c.drop(nil, DropDatagram)
		return
	}
	m, err := wire.Parse(f.Type(), f.Payload())
	ping, ok := m.(*wire.Ping)
	if err != nil || !ok {
		c.drop(nil, DropMalformed)
		return
	}
	self := c.selfAt(ev)
	if !self.Addr().IsValid() || self.Addr().IsUnspecified() {
		c.drop(nil, DropAddress) // we do not know yet where we are
		return
	}
	asks := ping.Info()
	info := c.info(now)
	switch {
	case asks.GUESS && (asks.Hosts || !asks.Key):
		info.Hosts = c.guessHosts(now, ev.From)
	case asks.Hosts:
		info.Hosts = c.packedHosts(now, ev.From, asks.Wishes)
	}
	if asks.GUESSPort != 0 && c.isProven(now, ev.From) {
		c.introduced(now, netip.AddrPortFrom(ev.From.Addr(), asks.GUESSPort))
	}
	if asks.Address {
		info.Seen = ev.From
	}
	if info.Ultrapeer {
		info.GUESS = wire.GUESSVersion
		if asks.Key {
			key := c.udp.tokens.Issue(now, token.QueryKey, ev.From, [16]byte{})
			info.QueryKey = key[:]
		}
	}
	pong := c.fitPong(f.GUID(), self, info, room)
	if len(pong) > room {
		pong = c.fitPong(f.GUID(), self, wire.HostInfo{}, room)
	}
	c.respond(now, ev.From, pong)
}

// selfAt is the address we give to the sender of a datagram.
func (c *Core) selfAt(ev *Datagram) netip.AddrPort {
	local := ev.Local
	if local.IsUnspecified() && ev.From.Addr().IsLoopback() {
		local = ev.From.Addr() // the same host
	}
	return c.self.towards(local, ev.From.Addr())
}

// fitPong makes a pong of at most room bytes: hosts are left out until it fits.
func (c *Core) fitPong(guid wire.GUID, self netip.AddrPort, info wire.HostInfo, room int) wire.Frame {
	for {
		f := c.out.frame(guid, 1, wire.NewPong(self, uint32(min(c.sharing.Files, 10_000_000)), c.pongKiB(), info))
		if len(f) <= room || len(info.Hosts) == 0 {
			return f
		}
		const hostLen = 18 // of the longest entry
		info.Hosts = info.Hosts[:max(0, len(info.Hosts)-max(1, (len(f)-room)/hostLen))]
	}
}

// packedHosts lists ultrapeers for one who asks: our neighbors first, then hosts
// we dealt with in the last hour; never itself.
func (c *Core) packedHosts(now time.Time, asker netip.AddrPort, wishes wire.SCP) []wire.PackedHost {
	var out []wire.PackedHost
	add := func(a netip.AddrPort, tls bool) {
		if len(out) == maxPacked || a == asker || a.Addr().Is4() && wishes&wire.SCPNoIPv4 != 0 ||
			a.Addr().Is6() && wishes&(wire.SCPIPv6|wire.SCPNoIPv4) == 0 ||
			c.cfg.Hosts.Acceptable(a, asker.Addr()) != hostcache.Kept {
			return
		}
		for _, other := range out {
			if other.Addr == a {
				return
			}
		}
		out = append(out, wire.PackedHost{Addr: a, TLS: tls})
	}
	for _, i := range c.rnd.Perm(len(c.neighbors)) {
		n := c.neighbors[i]
		foreign := n.listen.Addr() != asker.Addr() || hostcache.Class(asker.Addr()).Local()
		if n.peer.Role == handshake.RoleUltrapeer && n.listen.IsValid() && foreign {
			add(n.listen, n.peer.OffersTLS)
		}
	}
	for _, a := range c.hosts.Some(now, maxPacked, asker) {
		add(a, false)
	}
	return out
}
