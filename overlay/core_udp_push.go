package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// pushDatagram passes on the wish of a servent, sent to us by UDP, to be called
// by a neighbor of ours: we are its push proxy, or lie on the way of its hit. It
// goes no further than to that neighbor. Only the sender's own host may be
// called, and it seldom, for the sender's address may be forged (THREATS T13).
func (c *Core) pushDatagram(now time.Time, ev *Datagram, f wire.Frame) {
	m, err := wire.Parse(f.Type(), f.Payload())
	push, ok := m.(*wire.Push)
	switch {
	case err != nil || !ok:
		c.drop(nil, DropMalformed)
		return
	case f.Hops() > pushHops:
		c.drop(nil, DropSingleHop)
		return
	case push.Addr.Addr() != ev.From.Addr() || push.Addr.Port() == 0 || hasIPv6(push):
		c.drop(nil, DropAddress)
		return
	}
	if first, _ := c.pushes.Record(now, f.GUID(), guessLink); !first {
		c.drop(nil, DropDuplicate)
		return
	}
	if push.Servent == c.cfg.GUID {
		c.pushed(now, nil, push, ev.From.Addr())
		return
	}
	for _, n := range c.neighbors {
		if (n.peer.GUID == push.Servent || n.proxies(push.Servent)) && c.usableTo(push.Addr, n) {
			if !c.udp.pushes.allow(now, who(push.Addr)) {
				c.drop(nil, DropDatagram)
				return
			}
			c.relay(f, 1, n)
			return
		}
	}
	c.drop(nil, DropNoRoute)
}

// hasIPv6 reports whether a push names an IPv6 address besides, which nobody
// checked.
func hasIPv6(p *wire.Push) bool {
	exts, err := p.GGEP()
	if err != nil {
		return true
	}
	for _, e := range exts {
		if e.ID == ggep.IPv6 {
			return true
		}
	}
	return false
}

// pushLimit counts the calls that pushes sent by UDP have caused lately.
type pushLimit struct {
	began time.Time
	hosts map[netip.AddrPort]int
	all   int
}

// allow reports whether a host may be called once more.
func (l *pushLimit) allow(now time.Time, to netip.AddrPort) bool {
	if l.hosts == nil || now.Sub(l.began) >= pushWindow {
		l.began, l.hosts, l.all = now, make(map[netip.AddrPort]int), 0
	}
	if l.hosts[to] >= pushesPerHost || l.all >= pushesAtOnce {
		return false
	}
	l.hosts[to]++
	l.all++
	return true
}
