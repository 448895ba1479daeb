package hostcache

import (
	"net/netip"
	"time"
)

// quota bounds how many hosts each teller can bring. It remembers the tellers
// of two generations: when the current one is full it becomes the previous one,
// and who was not heard in a whole generation starts afresh.
type quota struct {
	current, previous map[netip.Addr]allowance
}

// allowance is what a teller may still tell, in hosts, as of a time.
type allowance struct {
	left float64
	asOf time.Time
}

// take uses one host of the allowance of teller, if there is one.
func (q *quota) take(now time.Time, teller netip.Addr) bool {
	if teller.Is6() {
		teller = Net(teller).Addr() // who has a /48 has all its addresses
	}
	a, ok := q.current[teller]
	if !ok {
		if a, ok = q.previous[teller]; !ok {
			a = allowance{tellerBurst, now}
		}
		if q.current == nil || len(q.current) >= maxTellers/2 {
			q.previous, q.current = q.current, make(map[netip.Addr]allowance)
		}
	}
	// A clock that went back brings nothing.
	a.left = min(tellerBurst, a.left+tellerRate*max(0, now.Sub(a.asOf).Seconds()))
	a.asOf = now
	taken := a.left >= 1
	if taken {
		a.left--
	}
	q.current[teller] = a
	return taken
}
