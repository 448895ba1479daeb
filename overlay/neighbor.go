package overlay

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/link"
	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// neighbor is one link from its Applied event on.
//
//	applied ── Up ──> up ── bye, Ended ──> gone
//	   └────── Failed ───────────────────────^
type neighbor struct {
	id      link.ID
	remote  netip.AddrPort // of the connection
	local   netip.Addr     // our end of it
	inbound bool
	as      handshake.Role // what we are on it
	peer    *handshake.Peer
	listen  netip.AddrPort // where it takes connections; invalid when unknown
	up      bool
	terms   handshake.Terms // once it is up
	since   time.Time

	timed      wire.GUID        // of the ping it was sent last
	timedAt    time.Time        // when
	rtt        time.Duration    // the least of any ping; 0 before a pong came
	useful     time.Time        // it last brought a hit, or a query that was new
	heard      time.Time        // last bytes received
	pinged     time.Time        // last alive ping sent
	unanswered int              // alive pings since heard
	suspect    bool             // it is to answer the last of them, or go
	asked      time.Time        // last ping of it answered from the cache
	paid       time.Time        // of a leaf: till when such answers took up what it has
	pongWindow time.Time        // start of the minute pongs are counted in
	pongs      int              // of this minute
	high       int              // queries above the hard limit
	again      uint64           // copies of what it had sent before
	files, kib uint32           // what it shares, by its own pong
	kin        []netip.AddrPort // its neighbors, as far as it told of them

	receiver *qrp.Receiver  // builds its route table; nil before its first message
	knows    toldTable      // of our table
	untold   []wire.Message // what is left to say of it
	vendor   vendorPeer     // what was agreed by vendor messages
	horizon  horizon        // what is behind it
	keepsOOB bool           // wants no hits by UDP to us for its queries (LIME/13)

	received, sent Counts
	drops          Drops
}

// Counts counts messages and bytes by type.
type Counts struct {
	Pings, Pongs, Queries, Hits, Pushes, Byes, Others uint64 // messages
	Bytes                                             uint64
	Upkeep                                            uint64 // bytes of what no search and no push is
}

// Messages is the sum over all types.
func (c Counts) Messages() uint64 {
	return c.Pings + c.Pongs + c.Queries + c.Hits + c.Pushes + c.Byes + c.Others
}

func (c *Counts) count(t wire.Type, size int) {
	c.Bytes += uint64(size)
	switch t {
	case wire.TypePing:
		c.Pings++
	case wire.TypePong:
		c.Pongs++
	case wire.TypeQuery:
		c.Queries++
	case wire.TypeQueryHit:
		c.Hits++
	case wire.TypePush:
		c.Pushes++
	case wire.TypeBye:
		c.Byes++
	default:
		c.Others++
	}
	if t != wire.TypeQuery && t != wire.TypeQueryHit && t != wire.TypePush {
		c.Upkeep += uint64(size)
	}
}

// Kept is the number of messages whose bytes are Upkeep.
func (c Counts) Kept() uint64 { return c.Pings + c.Pongs + c.Byes + c.Others }

// Traffic is what passed all links, those that are gone included.
type Traffic struct{ Received, Sent Counts }

// meets notes that a neighbor told of one of its own neighbors.
func (n *neighbor) meets(addr netip.AddrPort) {
	if len(n.kin) < maxKin && !slices.Contains(n.kin, addr) {
		n.kin = append(n.kin, addr)
	}
}

// remove forgets a link. Its routes die with it: IDs are never used again.
func (c *Core) remove(n *neighbor) {
	delete(c.links, n.id)
	c.abandon(n.id)
	c.forgetTable(n)
	c.part(n)
}

// snapshotNeighbors is for loops that may remove neighbors.
func (c *Core) snapshotNeighbors() []*neighbor { return slices.Clone(c.neighbors) }

// neighborAt finds the neighbor at an address, be it the one it connected from
// or the one it listens at.
func (c *Core) neighborAt(addr netip.AddrPort) *neighbor {
	for _, n := range c.neighbors {
		if n.remote == addr || n.listen == addr {
			return n
		}
	}
	return nil
}

// alive returns the neighbor behind a route, nil when it is gone.
func (c *Core) alive(id link.ID) *neighbor {
	if n := c.links[id]; n != nil && n.up {
		return n
	}
	return nil
}

// measured takes a round trip. The least one counts: others waited on the way, as
// the first one often does while both sides still start.
func (n *neighbor) measured(rtt time.Duration) {
	if n.rtt == 0 || rtt < n.rtt {
		n.rtt = rtt
	}
}

// way is how far a neighbor is, for comparing: its round trip, the longest one
// while it is not known.
func (n *neighbor) way() time.Duration {
	if n.rtt == 0 {
		return math.MaxInt64
	}
	return n.rtt
}
