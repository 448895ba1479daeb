package oob

import (
	"net/netip"
	"time"

	"filbert/overlay/wire"
)

// Claims is what a querier asked of those who offered hits.
type Claims struct {
	queries []*query // oldest first
	claims  int      // of all
}

type query struct {
	guid  wire.GUID
	began time.Time
	want  int // results
	got   int
	hosts map[netip.AddrPort]*claim
}

// claim is what one host was asked for, and what came.
type claim struct {
	wanted, got int
	tries       int
}

// Begin says that a query wants so many results out of band.
func (c *Claims) Begin(now time.Time, guid wire.GUID, want int) {
	c.Expire(now)
	if len(c.queries) == maxQueries {
		c.forget()
	}
	c.queries = append(c.queries, &query{guid: guid, began: now, want: want, hosts: make(map[netip.AddrPort]*claim)})
}

// Expire forgets queries that are over.
func (c *Claims) Expire(now time.Time) {
	for len(c.queries) > 0 && now.Sub(c.queries[0].began) >= queryLifetime {
		c.forget()
	}
}

func (c *Claims) forget() {
	c.claims -= len(c.queries[0].hosts)
	c.queries[0] = nil
	c.queries = c.queries[1:]
}

// Offered takes an offer and returns how many results to claim; 0 is no claim:
// the query is unknown or has enough, or that host was answered often enough. A
// repeated offer is answered alike, for the claim may be lost.
func (c *Claims) Offered(guid wire.GUID, from netip.AddrPort, count uint8) uint8 {
	q := c.find(guid)
	if q == nil || q.got >= q.want {
		return 0
	}
	h := q.hosts[from]
	if h == nil {
		if len(q.hosts) >= claimsPerQuery || c.claims >= maxClaims {
			return 0
		}
		h = &claim{wanted: min(int(count), mostWanted, q.want-q.got)}
		q.hosts[from] = h
		c.claims++
	}
	if h.tries == Tries || h.got > 0 {
		return 0
	}
	h.tries++
	return uint8(h.wanted)
}

// Received counts results and reports whether they were asked for: whoever has
// a token may not send for ever.
func (c *Claims) Received(guid wire.GUID, from netip.AddrPort, results int) bool {
	q := c.find(guid)
	if q == nil {
		return false
	}
	h := q.hosts[from]
	if h == nil || h.got+results > h.wanted+slack {
		return false
	}
	h.got += results
	q.got += results
	return true
}

func (c *Claims) find(guid wire.GUID) *query {
	for _, q := range c.queries {
		if q.guid == guid {
			return q
		}
	}
	return nil
}
