package hostcache

import (
	"net/netip"
	"slices"
	"time"
)

// Pick returns the host to dial next, if there is one whose back-off is over
// and that exclude does not rule out: those connected or being dialed. outbound
// are the hosts we have dialed and are connected to, or are dialing.
//
// First come the neighbors of before a restart, then pinned hosts. Of the
// others, those whose network has no outbound neighbor come first, then those
// not told by a network that half of them came from. Among these every network
// has the same chance. A coin decides between tried hosts only, if there are
// any, and all, where the new ones of a network come before the tried ones.
func (c *Cache) Pick(now time.Time, exclude func(netip.AddrPort) bool, outbound []netip.AddrPort) (netip.AddrPort, bool) {
	r := ranking{triedOnly: c.rng.IntN(2) == 0, salt: c.rng.Uint64()}
	r.take(c, outbound)
	var best *entry
	var bestRank rank
	equal := uint64(0)
	for _, e := range c.list {
		if e.wait(now) > 0 {
			continue
		}
		k := r.of(e)
		order := 1
		if best != nil {
			order = bestRank.compare(k)
		}
		if order < 0 || exclude(e.Addr) {
			continue
		}
		if order > 0 {
			equal = 0
		}
		if equal++; c.rng.Uint64N(equal) == 0 {
			best, bestRank = e, k
		}
	}
	if best == nil {
		return netip.AddrPort{}, false
	}
	return best.Addr, true
}

// NextAttempt returns when the first host that exclude does not rule out becomes
// due: now if one is, false if there is none.
func (c *Cache) NextAttempt(now time.Time, exclude func(netip.AddrPort) bool) (time.Time, bool) {
	var first *entry
	for _, e := range c.list {
		if (first == nil || e.wait(now) < first.wait(now)) && !exclude(e.Addr) {
			if first = e; e.wait(now) == 0 {
				break
			}
		}
	}
	if first == nil {
		return time.Time{}, false
	}
	return now.Add(first.wait(now)), true
}

// rank orders candidates; the smallest is picked.
type rank struct {
	class int
	lot   uint64 // drawn by the network
	table int
}

// Classes of candidates; a network in use and the like are added to others.
const (
	classAnchor = iota
	classPinned
	classOther
	plusWrongTable = 1 // not tried, though the coin says tried
	plusTeller     = 2 // told by who told half of the outbound neighbors
	plusGroup      = 4 // of a network in use
)

// compare is positive if k is to be preferred.
func (r rank) compare(k rank) int {
	switch {
	case r.class != k.class:
		return r.class - k.class
	case r.lot != k.lot:
		if k.lot < r.lot {
			return 1
		}
		return -1
	}
	return r.table - k.table
}

// ranking is what one Pick goes by.
type ranking struct {
	triedOnly bool
	salt      uint64
	groups    []uint64 // in use
	tellers   []uint64 // that told maxPerTeller of those in use
}

// take notes the networks and the tellers of the outbound neighbors.
func (r *ranking) take(c *Cache, outbound []netip.AddrPort) {
	count := make(map[uint64]int, len(outbound))
	for _, addr := range outbound {
		addr = unmap(addr)
		key, local := groupOf(addr)
		if local {
			continue
		}
		r.groups = append(r.groups, c.secret.hashGroup(key))
		if e := c.known[addr]; e != nil && e.From.IsValid() {
			if count[e.teller]++; count[e.teller] == maxPerTeller {
				r.tellers = append(r.tellers, e.teller)
			}
		}
	}
}

func (r *ranking) of(e *entry) rank {
	switch {
	case e.first:
		return rank{class: classAnchor}
	case e.table == inPinned:
		return rank{class: classPinned}
	}
	// The network with the smallest lot wins, however many hosts it has.
	k := rank{class: classOther, lot: mix(e.group ^ r.salt)}
	if r.triedOnly && e.table != inTried {
		k.class += plusWrongTable
	}
	if !r.triedOnly && e.table != inNew {
		k.table = 1
	}
	if !e.local && slices.Contains(r.tellers, e.teller) {
		k.class += plusTeller
	}
	if !e.local && slices.Contains(r.groups, e.group) {
		k.class += plusGroup
	}
	return k
}

// mix spreads a number over all 64 bits (SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
