package overlay

import (
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// query takes a neighbor's query: it is matched here and passed on.
func (c *Core) query(now time.Time, n *neighbor, f wire.Frame) {
	if why, ok := checkQuery(f); !ok {
		c.drop(n, why)
		return
	}
	guid, news := f.GUID(), isNews(f)
	if first, again := c.queries.RecordAt(now, guid, n.id, c.level(n, f, news)); !first {
		c.copied(now, n, f, again)
		return
	}
	n.useful = now
	c.clearOOB(n, f)
	if c.holds() {
		c.out.add(&Match{Link: n.id, GUID: guid, Hops: f.Hops(), OOB: oobOf(f.Payload()), Payload: f.Payload()})
	}
	switch {
	case !c.isUltrapeer():
	case int(f.TTL())+int(f.Hops()) > hardTTL:
		c.highTTL(n, f.Hops())
	case c.leaf(n) && !news:
		c.leafQuery(now, n, f)
	default:
		c.flood(n, f, news)
	}
}

// flood passes a query on: to leaves whose tables match, and to ultrapeers as
// far as its TTL goes.
func (c *Core) flood(n *neighbor, f wire.Frame, news bool) {
	left := c.floods(n, f, news)
	q := outgoing{words: c.hash(f), news: news, payload: f.Payload()}
	f.SetTTL(wire.TTL(max(left, 1)), f.Hops()+1)
	q.hops = f.Hops()
	c.toLeaves(n, f, &q)
	if left == 0 {
		return
	}
	for _, to := range c.roster.ultrapeers {
		if to != n && to.takes(&q) && (left > 1 || to.routes(&q)) {
			c.send(to, f)
		}
	}
}

// level is how far a query is about to be flooded, 0 when it is not.
func (c *Core) level(n *neighbor, f wire.Frame, news bool) uint8 {
	if !c.isUltrapeer() || c.leaf(n) && !news || int(f.TTL())+int(f.Hops()) > hardTTL {
		return 0
	}
	return uint8(c.floods(n, f, news))
}

// floods is the TTL with which a query is flooded on. One for the newest files is
// for the neighborhood.
func (c *Core) floods(n *neighbor, f wire.Frame, news bool) int {
	if news && f.Hops() > 0 {
		return 0
	}
	return c.left(n, f)
}

// left is the TTL with which a query travels on: on arrival a hop is spent;
// what is left is clamped so that the query ends at the same distance whatever
// its sender asked for.
func (c *Core) left(n *neighbor, f wire.Frame) int {
	return max(min(int(f.TTL())-1, int(c.cfg.MaxTTL)-int(f.Hops())-1), 0)
}

// copied handles another copy of a query. One that may travel farther than
// those before it, as dynamic querying sends them, goes on to ultrapeers. A
// neighbor that sends such copies repeats itself rightly, though we may have had
// the query from others who sent it farther; only a TTL of 1 is never that of a
// later copy.
func (c *Core) copied(now time.Time, n *neighbor, f wire.Frame, again bool) {
	if !c.isUltrapeer() || !extends(n) || int(f.TTL())+int(f.Hops()) > hardTTL {
		c.duplicate(n, again)
		return
	}
	left := c.left(n, f)
	before, higher := c.queries.Raise(now, f.GUID(), uint8(left))
	if !higher {
		c.duplicate(n, again && f.TTL() <= 1)
		return
	}
	q := outgoing{words: c.hash(f), payload: f.Payload()}
	f.SetTTL(wire.TTL(left), f.Hops()+1)
	q.hops = f.Hops()
	for _, to := range c.roster.ultrapeers {
		if to == n || before > 0 && !extends(to) || !to.takes(&q) {
			continue
		}
		if left > 1 || to.routes(&q) {
			c.send(to, f)
		}
	}
}

// extends reports whether a neighbor takes a later copy of a query that has a
// higher TTL.
func extends(n *neighbor) bool {
	return n.peer.ExtProbes != handshake.Version{} && n.peer.Role == handshake.RoleUltrapeer
}

// outgoing is a query that is about to be sent to neighbors.
type outgoing struct {
	words   qrp.Words
	news    bool // asks for the newest files, for which tables say nothing
	hops    wire.Hops
	payload []byte
}

// takes reports whether a neighbor wants queries that came so far.
func (n *neighbor) takes(q *outgoing) bool { return n.wants(q.hops) }

// routes reports whether a neighbor's table lets a query through. A leaf is
// asked nothing before it sent a table, an ultrapeer everything.
func (n *neighbor) routes(q *outgoing) bool {
	t := n.table()
	if q.news {
		return n.feature(whatsNew) > 0 && (n.peer.Role == handshake.RoleUltrapeer || t != nil && !t.Empty())
	}
	if t == nil {
		return n.peer.Role == handshake.RoleUltrapeer
	}
	return t.Routes(q.words)
}

// whatsNew is the feature of answering queries for the newest files.
const whatsNew = "WHAT"

// isNews reports whether a query asks for the newest files.
func isNews(f wire.Frame) bool {
	_, text, ext, err := wire.QueryText(f.Payload())
	return err == nil && wire.WhatsNew(text, ext)
}

// hash returns what route tables are asked for a query. Without anybody whose
// table could be asked nothing is computed.
func (c *Core) hash(f wire.Frame) qrp.Words {
	if c.cfg.Hasher == nil || c.tables.held == 0 {
		return qrp.Words{}
	}
	return c.cfg.Hasher.Hash(f.Payload())
}

// checkQuery refuses queries that mean nothing or come from servents nobody
// speaks any more.
func checkQuery(f wire.Frame) (DropReason, bool) {
	if len(f.Payload()) > wire.SoftQuery {
		return DropTooBig, false
	}
	flags, text, ext, err := wire.QueryText(f.Payload())
	switch {
	case err != nil:
		return DropMalformed, false
	case flags == 0:
		return DropAncient, false
	case len(text) <= 1 && len(ext) == 0:
		return DropShortQuery, false
	}
	return 0, true
}

// duplicate counts a copy. A neighbor that keeps sending the same copy itself
// is sent away, unless we have few others.
func (c *Core) duplicate(n *neighbor, again bool) {
	if !again {
		c.drop(n, DropDuplicate)
		return
	}
	c.drop(n, DropAgain)
	n.again++
	if n.again > maxAgain && n.again > n.received.Messages()/againShare && len(c.neighbors) > 2 {
		c.bye(n, byeAgain, "Sent the same messages again")
	}
}

// highTTL counts a query that would travel too far.
func (c *Core) highTTL(n *neighbor, hops wire.Hops) {
	c.drop(n, DropTTLHigh)
	if hops > 2 {
		return
	}
	if n.high++; n.high > maxHighTTL {
		c.bye(n, byeHighTTL, "TTL too high")
	}
}
