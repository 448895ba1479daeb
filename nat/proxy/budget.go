package proxy

import (
	"net/netip"
	"time"
)

// Budget decides whose words a proxy passes on, and to whom. The zero value has spent
// nothing. What was begun must be ended.
type Budget struct {
	open  []talk // at most maxTalks
	begun []talk // of the last budgetPeriod, oldest first; at most minuteTalks
}

// talk is one of a host with a servent.
type talk struct {
	at            time.Time
	host, network netip.Prefix
	servent       [16]byte
}

func newTalk(now time.Time, from netip.Addr, servent [16]byte) talk {
	from = from.Unmap().WithZone("")
	host, network := from.BitLen(), networkBits4
	if from.Is6() {
		host, network = hostBits6, networkBits6
	}
	t := talk{at: now, servent: servent}
	t.host, _ = from.Prefix(host) // the invalid one is a host as others
	t.network, _ = from.Prefix(network)
	return t
}

// Begin reports whether a host may talk with a servent now: OK, Often or Full.
func (b *Budget) Begin(now time.Time, from netip.Addr, servent [16]byte) Status {
	old := 0
	for old < len(b.begun) && now.Sub(b.begun[old].at) >= budgetPeriod {
		old++
	}
	b.begun = append(b.begun[:0], b.begun[old:]...)
	next := newTalk(now, from, servent)
	host, network, to := count(b.open, next)
	hostMinute, networkMinute, toMinute := count(b.begun, next)
	switch {
	case len(b.open) >= maxTalks, len(b.begun) >= minuteTalks:
		return Full
	case host >= hostTalks, network >= networkTalks, to >= serventTalks,
		hostMinute >= hostPerMinute, networkMinute >= netPerMinute, toMinute >= serventsPerMin:
		return Often
	}
	b.open, b.begun = append(b.open, next), append(b.begun, next)
	return OK
}

// End ends what Begin began.
func (b *Budget) End(from netip.Addr, servent [16]byte) {
	ended := newTalk(time.Time{}, from, servent)
	for i, t := range b.open {
		if t.host == ended.host && t.servent == servent {
			b.open = append(b.open[:i], b.open[i+1:]...)
			return
		}
	}
}

// Open is how many talks there are.
func (b *Budget) Open() int { return len(b.open) }

func count(talks []talk, like talk) (host, network, servent int) {
	for _, t := range talks {
		if t.host == like.host {
			host++
		}
		if t.network == like.network {
			network++
		}
		if t.servent == like.servent {
			servent++
		}
	}
	return host, network, servent
}

// Patience decides how many of those who want a path a servent talks with. The zero value
// talks with nobody.
type Patience struct {
	open  int
	begun []time.Time // of the last budgetPeriod, oldest first; at most askedPerMinute
}

// Begin reports whether there is one more to talk with now.
func (p *Patience) Begin(now time.Time) bool {
	old := 0
	for old < len(p.begun) && now.Sub(p.begun[old]) >= budgetPeriod {
		old++
	}
	p.begun = append(p.begun[:0], p.begun[old:]...)
	if p.open >= askedAtOnce || len(p.begun) >= askedPerMinute {
		return false
	}
	p.open, p.begun = p.open+1, append(p.begun, now)
	return true
}

// End ends what Begin began.
func (p *Patience) End() { p.open-- }
