package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
)

// unproven bounds what is sent to addresses that may be forged: a few messages
// to each, a few more to its network, and so many bytes in all.
type unproven struct {
	began time.Time
	hosts map[netip.AddrPort]spent
	nets  map[netip.Prefix]spent
	bytes bucket
}

// spent counts what was sent in this window.
type spent struct{ answers, notes uint8 }

func newUnproven() unproven {
	return unproven{
		hosts: make(map[netip.AddrPort]spent),
		nets:  make(map[netip.Prefix]spent),
		bytes: bucket{rate: unprovenRate, burst: unprovenRate},
	}
}

// answer reports whether an address may be answered now.
func (u *unproven) answer(now time.Time, a netip.AddrPort) bool {
	return u.spend(now, a, spent{answers: 1}, spent{answers: 1, notes: notesPerHost}, spent{answers: datagramPer24, notes: notesPer24})
}

// note reports whether an address may be sent a small message now.
func (u *unproven) note(now time.Time, a netip.AddrPort) bool {
	return u.spend(now, a, spent{notes: 1}, spent{answers: 1, notes: notesPerHost}, spent{answers: datagramPer24, notes: notesPer24})
}

func (u *unproven) spend(now time.Time, a netip.AddrPort, more, perHost, perNet spent) bool {
	if u.began.IsZero() || now.Sub(u.began) >= datagramPause {
		u.began = now
		clear(u.hosts)
		clear(u.nets)
	}
	key := who(a)
	host, known := u.hosts[key]
	if host = host.plus(more); host.over(perHost) || !known && len(u.hosts) >= datagramHosts {
		return false
	}
	if !hostcache.Class(a.Addr()).Local() { // where networks say nothing about owners
		net := hostcache.Net(a.Addr())
		sum := u.nets[net].plus(more)
		if sum.over(perNet) {
			return false
		}
		u.nets[net] = sum
	}
	u.hosts[key] = host
	return true
}

func (s spent) plus(more spent) spent { return spent{s.answers + more.answers, s.notes + more.notes} }
func (s spent) over(most spent) bool  { return s.answers > most.answers || s.notes > most.notes }

// bucket lets rate bytes, or whatever is counted, pass in a second, and burst at once.
type bucket struct {
	rate, burst float64 // per second, at most
	used        float64 // of the burst
	at          time.Time
}

// take takes n bytes, if they are there.
func (b *bucket) take(now time.Time, n int) bool {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.used = max(0, b.used-passed*b.rate)
	}
	b.at = now
	if b.used+float64(n) > b.burst {
		return false
	}
	b.used += float64(n)
	return true
}
