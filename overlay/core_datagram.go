package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/bootstrap/uhc"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// datagram answers a UDP ping. The sender's address is unproven, so an answer
// is small and rare: whoever is named as the sender gets little from us.
func (c *Core) datagram(now time.Time, ev *Datagram) {
	f, rest, err := wire.SplitFrame(ev.Payload)
	switch {
	case err != nil || len(rest) != 0:
		c.drop(nil, DropMalformed)
		return
	case f.Type() != wire.TypePing:
		c.drop(nil, DropUnsupported)
		return
	case f.Hops() != 0 || f.TTL() != 1:
		c.drop(nil, DropSingleHop)
		return
	case !c.replies.allow(now, ev.From.Addr()):
		c.drop(nil, DropDatagram)
		return
	}
	local := ev.Local
	if local.IsUnspecified() && ev.From.Addr().IsLoopback() {
		local = ev.From.Addr() // the same host
	}
	self := c.self.towards(local, ev.From.Addr())
	if !self.Addr().IsValid() || self.Addr().IsUnspecified() {
		c.drop(nil, DropAddress) // we do not know yet where we are
		return
	}
	pong := &wire.Pong{Addr: self, Files: uint32(c.sharing.Files), KiB: ultrapeerKiB(c.sharing.KiB)}
	if wishes, ok := (&wire.Ping{Ext: f.Payload()}).SCP(); ok {
		c.tellHosts(now, ev, uhc.Request{GUID: f.GUID(), From: ev.From, Wishes: wishes, Size: len(ev.Payload)}, pong)
		return
	}
	c.out.add(&Reply{ev.From, c.out.frame(f.GUID(), 1, pong)})
}

// tellHosts answers a ping that asks for hosts (SCP): our neighbors first, then
// others that we met lately. Only to where a link of ours goes it is more than
// was asked with.
func (c *Core) tellHosts(now time.Time, ev *Datagram, r uhc.Request, pong *wire.Pong) {
	var hosts []wire.PackedHost
	for _, n := range c.neighbors {
		r.Proven = r.Proven || n.remote.Addr() == ev.From.Addr()
		if n.listen.IsValid() {
			hosts = append(hosts, wire.PackedHost{Addr: n.listen})
		}
	}
	for _, addr := range c.hosts.Some(now, uhc.MaxHosts, ev.From) {
		hosts = append(hosts, wire.PackedHost{Addr: addr})
	}
	self := uhc.Self{Pong: *pong, Info: c.info(now), HostCache: c.cfg.HostCache, Hosts: c.cfg.Hosts}
	if frame := uhc.AppendAnswer(nil, r, self, hosts); frame != nil {
		c.out.add(&Reply{ev.From, frame})
	}
}

// replyLimit remembers whom datagrams were answered to.
type replyLimit struct {
	began   time.Time
	addrs   map[netip.Addr]struct{}
	network map[netip.Prefix]int
}

// allow reports whether an address may be answered now: once in datagramPause,
// a few of one network, datagramHosts in all.
func (l *replyLimit) allow(now time.Time, addr netip.Addr) bool {
	if l.addrs == nil || now.Sub(l.began) >= datagramPause {
		l.began = now
		l.addrs = make(map[netip.Addr]struct{})
		l.network = make(map[netip.Prefix]int)
	}
	network := hostcache.Net(addr)
	if _, ok := l.addrs[addr]; ok || len(l.addrs) >= datagramHosts || l.network[network] >= datagramPer24 {
		return false
	}
	l.addrs[addr] = struct{}{}
	l.network[network]++
	return true
}
