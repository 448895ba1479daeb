package stun

import (
	"net/netip"
	"time"
)

// budget is what may be sent to hosts that did not prove to be where they say.
type budget struct {
	hosts, networks levels
	total           level
}

// level is a bucket that fills with what is sent and leaks with time.
type level struct {
	at    time.Time
	bytes float64
}

// now is what is in the bucket. A clock that goes back leaks nothing.
func (l level) now(now time.Time, rate float64) float64 {
	return max(0, l.bytes-max(0, now.Sub(l.at).Seconds())*rate)
}

// levels are those of hosts or networks, in two generations: when the younger is
// full the older is forgotten.
type levels struct {
	young, old map[netip.Prefix]level
}

func (l *levels) get(key netip.Prefix) level {
	if found, ok := l.young[key]; ok {
		return found
	}
	return l.old[key]
}

func (l *levels) set(key netip.Prefix, v level) {
	if _, ok := l.young[key]; !ok && len(l.young) >= maxHosts {
		l.old, l.young = l.young, nil
	}
	if l.young == nil {
		l.young = make(map[netip.Prefix]level)
	}
	l.young[key] = v
}

// allows reports whether the longest reply may go to a host now, and which bound it
// meets if not.
func (b *budget) allows(now time.Time, to netip.Addr) Refusal {
	host, network := keys(to)
	n := float64(replyWire)
	if !to.Is4() {
		n = replyWire6
	}
	switch {
	case b.hosts.get(host).now(now, hostRate)+n > hostBurst:
		return RefusedHost
	case b.networks.get(network).now(now, networkRate)+n > networkBurst:
		return RefusedNetwork
	case b.total.now(now, totalRate)+n > totalBurst:
		return RefusedTotal
	}
	return 0
}

// take counts bytes on the wire.
func (b *budget) take(now time.Time, to netip.Addr, bytes int) {
	host, network := keys(to)
	n := float64(bytes)
	b.hosts.set(host, level{now, b.hosts.get(host).now(now, hostRate) + n})
	b.networks.set(network, level{now, b.networks.get(network).now(now, networkRate) + n})
	b.total = level{now, b.total.now(now, totalRate) + n}
}

// keys are what a host and its network are counted by.
func keys(a netip.Addr) (host, network netip.Prefix) {
	bits := [2]int{64, 48}
	if a.Is4() {
		bits = [2]int{32, 24}
	}
	host, _ = a.Prefix(bits[0])
	network, _ = a.Prefix(bits[1])
	return host, network
}

// wire is what a payload takes with its headers.
func wire(to netip.Addr, payload int) int {
	if to.Is4() {
		return headers4 + payload
	}
	return headers6 + payload
}
