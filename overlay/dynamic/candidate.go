package dynamic

import (
	"cmp"
	"slices"
)

// Candidate is an ultrapeer neighbor that could be asked now. Neighbors that
// take no queries for the time being (flow control, a hops-flow of 0, nothing
// heard from them yet) are not candidates.
type Candidate struct {
	ID      uint64 // of the link, never used again for another
	Degree  int    // X-Degree; 0 if it told none
	MaxTTL  uint8  // X-Max-TTL; 0 if it told none
	Table   bool   // it sent a query-routing table
	Matches bool   // which routes this query
	Queue   int    // bytes that wait for it
	Probes  bool   // X-Ext-Probes: takes the query again with a larger TTL
}

// Probe is an order to send the query to a neighbor.
type Probe struct {
	ID  uint64
	TTL uint8
}

// routes tells whether its table lets the query pass; one that sent none is
// sent everything.
func (c *Candidate) routes() bool { return !c.Table || c.Matches }

// horizon is how many hosts a query reaches through it.
func (c *Candidate) horizon(ttl uint8) float64 {
	degree := c.Degree
	if degree <= 0 {
		degree = defaultDegree
	}
	return horizon(min(degree, maxDegree), int(ttl))
}

// most is the highest TTL it should be sent.
func (c *Candidate) most(ttl uint8) uint8 {
	if c.MaxTTL == 0 {
		return ttl
	}
	return min(ttl, c.MaxTTL)
}

// rank is 0 for a table that matches, 1 for no table, 2 for one that does not.
func (c *Candidate) rank() int {
	switch {
	case c.Table && c.Matches:
		return 0
	case !c.Table:
		return 1
	}
	return 2
}

// sortCandidates puts first who has the shortest queue, then who matches.
func sortCandidates(all []Candidate, salt uint64) {
	slices.SortFunc(all, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(a.Queue/queueGrain, b.Queue/queueGrain),
			cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(a.Queue, b.Queue),
			cmp.Compare(a.ID^salt, b.ID^salt),
		)
	})
}
