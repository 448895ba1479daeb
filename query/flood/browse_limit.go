package flood

import (
	"net/netip"
	"time"
)

// browseLimit decides who is given a listing now: so many in an hour per host
// and per network, one at a time per host, a few in all. The machine itself may
// look as often as it likes. It is not safe for concurrent use.
type browseLimit struct {
	running map[netip.Prefix]bool // at most maxBrowsing
	hosts   browsers
	nets    browsers
}

// refusal is why nobody is given a listing; granted is the zero value.
type refusal uint8

const (
	granted   refusal = iota
	tooOften          // listed often enough for this hour
	placeHeld         // this host is being given one
	noPlace           // all places are taken
)

// begin takes a place for addr, which end gives back, or tells why there is
// none and when to come again.
func (l *browseLimit) begin(now time.Time, addr netip.Addr) (why refusal, wait time.Duration) {
	host, network := browserOf(addr, 32, 56), browserOf(addr, 24, 48)
	switch {
	case l.running[host]:
		return placeHeld, busyRetry
	case len(l.running) >= maxBrowsing:
		return noPlace, busyRetry
	}
	if !addr.Unmap().IsLoopback() {
		if wait := max(l.hosts.wait(now, host, browsesPerHost), l.nets.wait(now, network, browsesPerNet)); wait > 0 {
			return tooOften, wait
		}
		l.hosts.note(now, host, browsesPerHost)
		l.nets.note(now, network, browsesPerNet)
	}
	if l.running == nil {
		l.running = map[netip.Prefix]bool{}
	}
	l.running[host] = true
	return granted, 0
}

// end gives a place back.
func (l *browseLimit) end(addr netip.Addr) { delete(l.running, browserOf(addr, 32, 56)) }

// browserOf is whom an address belongs to as far as limits go.
func browserOf(addr netip.Addr, bits4, bits6 int) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	p, _ := addr.Prefix(bits) // the zero Prefix for the zero Addr
	return p
}

// browsers remembers when each of at most maxBrowsers began to browse, oldest
// first and only as often as matters.
type browsers map[netip.Prefix][]time.Time

// wait is how long one of them must wait that may browse most times in an hour.
func (b browsers) wait(now time.Time, who netip.Prefix, most int) time.Duration {
	times := b[who]
	if len(times) < most {
		return 0
	}
	return max(browsePeriod-now.Sub(times[len(times)-most]), 0)
}

// note remembers that one of them browses now.
func (b *browsers) note(now time.Time, who netip.Prefix, most int) {
	if *b == nil {
		*b = browsers{}
	}
	times := (*b)[who]
	if times == nil && len(*b) >= maxBrowsers {
		b.forget(now)
	}
	if len(times) == most {
		times = times[:copy(times, times[1:])]
	}
	(*b)[who] = append(times, now)
}

// forget makes room: those whose hour is over go, or else the one that began
// longest ago.
func (b *browsers) forget(now time.Time) {
	var oldest netip.Prefix
	var began time.Time
	for who, times := range *b {
		last := times[len(times)-1]
		if now.Sub(last) >= browsePeriod {
			delete(*b, who)
			continue
		}
		if began.IsZero() || last.Before(began) {
			oldest, began = who, last
		}
	}
	if len(*b) >= maxBrowsers {
		delete(*b, oldest)
	}
}
