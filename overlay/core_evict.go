package overlay

import (
	"cmp"
	"net/netip"
	"slices"

	"filbert/overlay/hostcache"
)

// suitor is a link that may have to go.
type suitor struct {
	*neighbor
	crowd int // links of its network that may have to go
}

// evictable chooses who has to go when somebody new comes and all slots of a
// kind are taken, nil when nobody should. It follows Bitcoin Core's
// SelectNodeToEvict: links are protected for what an attacker cannot have at
// once at all of many links (a network of its own, a short way, usefulness,
// age); of the others the youngest of the most crowded network goes (THREATS
// T6). Links that we opened stay.
func (c *Core) evictable(leaves bool) *neighbor {
	var list []suitor
	crowds := map[netip.Prefix]int{}
	for _, n := range c.neighbors {
		if n.inbound && c.leaf(n) == leaves {
			list = append(list, suitor{neighbor: n})
			crowds[hostcache.Net(n.remote.Addr())]++
		}
	}
	for i := range list {
		list[i].crowd = crowds[hostcache.Net(list[i].remote.Addr())]
	}
	list = protect(list, protectNets, func(a, b suitor) int { return a.crowd - b.crowd })
	list = protect(list, protectNear, func(a, b suitor) int { return cmp.Compare(a.way(), b.way()) })
	list = protect(list, protectUseful, func(a, b suitor) int { return b.useful.Compare(a.useful) })
	list = protect(list, len(list)/2, func(a, b suitor) int { return a.since.Compare(b.since) })
	if len(list) == 0 {
		return nil
	}
	return slices.MaxFunc(list, func(a, b suitor) int {
		return cmp.Or(a.crowd-b.crowd, a.since.Compare(b.since))
	}).neighbor
}

// protect takes the first count links by an order off a list. Links that are
// equal in it keep the order in which they came.
func protect(list []suitor, count int, by func(a, b suitor) int) []suitor {
	slices.SortStableFunc(list, by)
	return list[min(count, len(list)):]
}
