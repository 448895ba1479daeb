package overlay

import (
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/hostcache"
)

// callLimit bounds what others can have us send to addresses they name. A
// window slides; what it holds is bounded by the rate.
type callLimit struct {
	window          time.Duration
	perAddr, perNet int // in a window
	perSecond       int // to all

	recent []call // of the window, oldest first
	dead   []call // did not answer, oldest first
}

type call struct {
	at      time.Time
	to      netip.AddrPort
	network netip.Prefix
	local   bool // networks say nothing about owners
}

func newCall(now time.Time, to netip.AddrPort) call {
	return call{now, to, hostcache.Net(to.Addr()), hostcache.Class(to.Addr()).Local()}
}

// calls bounds everything that goes to addresses which others name.
type calls struct {
	tcp       callLimit // connections
	udp       callLimit // pings
	redirects callLimit // connections that one neighbor wants in the name of another
	proxied   callLimit // pushes to neighbors for those who asked over HTTP or UDP
}

func newCalls() calls {
	usual := callLimit{window: callWindow, perAddr: callsPerAddr, perNet: callsPerNet, perSecond: callsPerSecond}
	once := usual
	once.window, once.perAddr = redirectWindow, 1
	return calls{tcp: usual, udp: usual, redirects: once, proxied: usual}
}

// allow reports whether an address may be called now, and notes that it is. On
// local networks, where many share an address, each port counts by itself.
func (l *callLimit) allow(now time.Time, to netip.AddrPort) bool {
	l.recent = expired(l.recent, now, l.window)
	l.dead = expired(l.dead, now, callDead)
	if slices.ContainsFunc(l.dead, func(c call) bool { return c.to == to }) {
		return false
	}
	next := newCall(now, to)
	var same, near, late int
	for i := range l.recent {
		c := &l.recent[i]
		if c.to == to || !next.local && c.to.Addr() == to.Addr() {
			same++
		}
		if !next.local && c.network == next.network {
			near++
		}
		if now.Sub(c.at) < time.Second {
			late++
		}
	}
	if same >= l.perAddr || near >= l.perNet || late >= l.perSecond {
		return false
	}
	l.recent = append(l.recent, next)
	return true
}

// failed notes that an address did not answer: it is left alone for a while.
func (l *callLimit) failed(now time.Time, to netip.AddrPort) {
	if len(l.dead) == maxDead {
		l.dead = slices.Delete(l.dead, 0, 1)
	}
	l.dead = append(l.dead, newCall(now, to))
}

// expired drops the calls that are older than age; all of them if the clock was
// set back.
func expired(calls []call, now time.Time, age time.Duration) []call {
	if n := len(calls); n > 0 && now.Before(calls[n-1].at) {
		return calls[:0]
	}
	old := 0
	for old < len(calls) && now.Sub(calls[old].at) >= age {
		old++
	}
	return slices.Delete(calls, 0, old)
}

// callable reports whether an address that a peer told may be called. It must be
// one of the public network that is not our own, or of the very network that
// the teller is on; link-local ones, where clouds keep their metadata, never
// are. Ports of services are refused.
func (c *Core) callable(to netip.AddrPort, teller netip.Addr) bool {
	ip := to.Addr().Unmap()
	if to.Port() < minCallPort || ip.Zone() != "" {
		return false
	}
	switch scope := hostcache.Class(ip); scope {
	case hostcache.Global:
		return !c.self.at(ip)
	case hostcache.Documentation:
		return c.cfg.Hosts.AllowDocumentation && !c.self.at(ip)
	case hostcache.Private:
		return samePrivate(ip, teller) && !c.self.at(ip)
	case hostcache.Loopback:
		return hostcache.Class(teller) == scope && to.Port() != c.cfg.Port
	}
	return false
}

// samePrivate reports whether two addresses are of one private network.
func samePrivate(a, b netip.Addr) bool {
	bits := privateBits4
	if a.Is6() {
		bits = privateBits6
	}
	network, err := a.Prefix(bits)
	return err == nil && network.Contains(b)
}

// at reports whether an address is one of this host.
func (s *selfAddress) at(ip netip.Addr) bool {
	if ip == s.external || ip == s.agreed(ip.Is4()) {
		return true
	}
	return slices.ContainsFunc(s.own, func(own netip.AddrPort) bool { return own.Addr() == ip })
}
