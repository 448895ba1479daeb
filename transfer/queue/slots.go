package queue

import (
	"net/netip"
	"time"
)

// Why tells what stands between a host and a slot.
type Why uint8

// The reasons.
const (
	Free        Why = iota // nothing does
	Full                   // all slots are taken
	HostFull               // this host has its slots
	NetworkFull            // the network of this host has its slots
	TurnOver               // this host had its turn, and others wait
	LineFull               // there is no place in line either
)

// holding is what one host has.
type holding struct {
	network netip.Prefix
	kept    int       // slots it has
	running int       // of them in use, kept at most
	until   time.Time // when those not in use are taken back
	since   time.Time // its turn began
	lent    bool      // it has one before those in line, none of whom was there
}

// slots counts who has the slots.
type slots struct {
	max, perHost, perNetwork int

	kept     int
	hosts    map[netip.Prefix]*holding // those that have one
	networks map[netip.Prefix]int      // slots of each that has one
	turn     time.Duration             // how long turns lasted, the last ones above all
}

// room tells whether a host could have one more.
func (s *slots) room(host, network netip.Prefix) Why {
	if why := s.allows(host, network); why != Free {
		return why
	}
	if s.kept >= s.max {
		return Full
	}
	return Free
}

// allows is room, were there a free slot.
func (s *slots) allows(host, network netip.Prefix) Why {
	switch h := s.hosts[host]; {
	case h != nil && h.kept >= s.perHost:
		return HostFull
	case network.IsValid() && s.networks[network] >= s.perNetwork:
		return NetworkFull
	}
	return Free
}

// take gives a host one more slot, in use.
func (s *slots) take(host, network netip.Prefix, now time.Time) {
	h := s.hosts[host]
	if h == nil {
		h = &holding{network: network, since: now}
		s.hosts[host] = h
	}
	h.kept++
	h.running++
	s.kept++
	if network.IsValid() {
		s.networks[network]++
	}
}

// resume puts a slot the host kept to use again.
func (s *slots) resume(host netip.Prefix, now time.Time) bool {
	h := s.hosts[host]
	if h == nil || h.kept == h.running || !now.Before(h.until) {
		return false
	}
	h.running++
	return true
}

// rest ends the use of a slot, which the host keeps for a while.
func (s *slots) rest(host netip.Prefix, now time.Time) {
	h := s.hosts[host]
	h.running--
	h.until = now.Add(leaseTime)
}

// release takes back what a host has and does not use.
func (s *slots) release(host netip.Prefix, now time.Time) {
	h := s.hosts[host]
	if h == nil {
		return
	}
	for ; h.kept > h.running; h.kept-- {
		s.kept--
		s.turn = (3*s.turn + now.Sub(h.since)) / 4
		if h.network.IsValid() {
			if s.networks[h.network]--; s.networks[h.network] == 0 {
				delete(s.networks, h.network)
			}
		}
	}
	if h.kept == 0 {
		delete(s.hosts, host)
	}
}

// expire takes back what hosts kept for too long.
func (s *slots) expire(now time.Time) {
	for host, h := range s.hosts {
		if h.kept > h.running && !now.Before(h.until) {
			s.release(host, now)
		}
	}
}

// next is when expire has something to do, zero if never.
func (s *slots) next() (at time.Time) {
	for _, h := range s.hosts {
		if h.kept > h.running && (at.IsZero() || h.until.Before(at)) {
			at = h.until
		}
	}
	return at
}
