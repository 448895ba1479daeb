package overlay

import (
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/link"
	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// Hasher knows the words of queries; package query does. It is called on the
// loop, for queries that route tables are asked about.
type Hasher interface {
	// Hash returns what route tables are asked for the query whose payload is
	// given. The result is valid until the next call.
	Hash(payload []byte) qrp.Words
}

// Lines tells what waits for the links. It is asked on the loop.
type Lines interface {
	// Waiting is how many bytes wait for a link.
	Waiting(id link.ID) int
}

// routeTables is what the node tells of its own words and those of its leaves.
// A table that was handed out is never changed again: neighbors share it.
type routeTables struct {
	own   *qrp.Table // what we share; nil = nothing
	all   *qrp.Table // own and all leaves', as ultrapeers were told last
	held  int        // neighbors that sent one
	stale bool       // all is not what it should be
	due   time.Time  // when ultrapeers are told next

	sender      qrp.Sender
	from, to    *qrp.Table // of the messages made last: many are told the same
	whole       bool
	difference  []wire.Message
	made, sized *qrp.Table // a table and itself in another size
}

// resized is a table in another size. One that shrank lets everything through
// that it did before, and more.
func (t *routeTables) resized(table *qrp.Table, bits int) *qrp.Table {
	if t.made != table || t.sized.Bits() != bits {
		t.made, t.sized = table, qrp.NewTable(bits)
		t.sized.Merge(table)
	}
	return t.sized
}

// update returns the messages that turn one table into another; whole tells
// whether they may be a new table instead, where that is shorter.
func (t *routeTables) update(from, to *qrp.Table, whole bool) []wire.Message {
	if t.to == to && t.from == from && t.whole == whole {
		return t.difference
	}
	t.from, t.to, t.whole = from, to, whole
	if whole || from == nil || from.Bits() != to.Bits() {
		t.difference = t.sender.Update(from, to)
	} else {
		t.difference = t.sender.Change(from, to)
	}
	return t.difference
}

// routing takes the words of what is shared.
func (c *Core) routing(now time.Time, ev *Routing) {
	c.tables.own = ev.Table
	c.tables.stale = true
	c.hurryTables(now, 0)
	c.tellTables(now)
}

// holds reports whether there may be something here that a query finds: files that are
// shared, or such that are found by their hashes alone.
func (c *Core) holds() bool { return c.sharing.Files > 0 || c.tables.own != nil }

// hurryTables has the table for ultrapeers made anew after a pause, unless that
// is due earlier.
func (c *Core) hurryTables(now time.Time, pause time.Duration) {
	if due := now.Add(pause); c.tables.due.IsZero() || due.Before(c.tables.due) {
		c.tables.due = due
	}
}

// tellTables tells ultrapeers what changed in our table.
func (c *Core) tellTables(now time.Time) {
	if c.isUltrapeer() && c.tables.stale && !now.Before(c.tables.due) {
		c.tables.due = now.Add(tablePause)
		c.tables.stale = false
		c.tables.all = c.joined()
	}
	for _, n := range c.neighbors {
		c.tellTable(now, n)
	}
}

// joined is the table of our own words and those of our leaves.
func (c *Core) joined() *qrp.Table {
	var parts []*qrp.Table
	if c.tables.own != nil {
		parts = append(parts, c.tables.own)
	}
	for _, n := range c.neighbors {
		if t := n.table(); t != nil && c.leaf(n) && !t.Empty() {
			parts = append(parts, t)
		}
	}
	bits := qrp.EmptyBits
	for _, t := range parts {
		bits = max(bits, min(t.Bits(), qrp.UltrapeerBits))
	}
	all := qrp.NewTable(bits)
	for _, t := range parts {
		all.Merge(t)
	}
	return all
}

// tellTable brings a neighbor's copy of our table up to date, if it keeps one
// and may be told already.
func (c *Core) tellTable(now time.Time, n *neighbor) {
	c.feedTable(n)
	table := c.tableFor(n)
	if table == nil || len(n.untold) > 0 || !n.knows.mayHear(now, table, c.changePause()) {
		return
	}
	n.untold = n.knows.hear(now, table, &c.tables, c.changePause())
	c.feedTable(n)
}

// tableFor is the table that a neighbor is to have of us; nil if it keeps none.
// Copies are kept by our ultrapeers, when we are a leaf, and by ultrapeers that
// exchange tables among themselves.
func (c *Core) tableFor(n *neighbor) *qrp.Table {
	table := c.tables.own
	if c.isUltrapeer() {
		table = c.tables.all
	}
	switch {
	case n.peer.Role != handshake.RoleUltrapeer:
		return nil
	case c.isUltrapeer() && n.peer.UltrapeerQueryRouting == (handshake.Version{}):
		return nil
	case table == nil:
		return emptyTable
	}
	return table
}

// told reports whether every neighbor that keeps a copy of our table was sent
// the latest.
func (c *Core) told() bool {
	for _, n := range c.neighbors {
		if table := c.tableFor(n); table != nil && (n.knows.latest != table || len(n.untold) > 0) {
			return false
		}
	}
	return !c.isUltrapeer() || !c.tables.stale
}

// toldTable is what a neighbor knows of our table.
type toldTable struct {
	latest *qrp.Table // of ours that it was told
	kept   *qrp.Table // its copy: the same words, in a table that never shrinks
	folded bool       // for want of a whole table the copy is smaller than latest
	change pace       // of changes
	whole  pace       // of whole tables
}

// pace lets something happen tableBurst times at once, in the long run once in a
// pause.
type pace struct{ spent time.Time }

func (p *pace) allows(now time.Time, pause time.Duration) bool {
	return p.spent.Sub(now) <= (tableBurst-1)*pause
}

func (p *pace) spend(now time.Time, pause time.Duration) {
	if p.spent.Before(now) {
		p.spent = now
	}
	p.spent = p.spent.Add(pause)
}

// mayHear reports whether a neighbor is to be told a table now. Others count how
// often they are (see the limits of package qrp): whole tables, which a change
// of size takes, are rare. The first that is not empty never waits. A larger one
// that may not be told as it is goes into the size of the copy, lest new words
// have to wait. Pause is between changes.
func (k *toldTable) mayHear(now time.Time, next *qrp.Table, pause time.Duration) bool {
	whole := k.whole.allows(now, tablePauseWhole)
	switch {
	case k.latest == next:
		return k.folded && whole
	case k.kept == nil || k.kept.Bits() == qrp.EmptyBits:
		return true
	case next.Bits() > k.kept.Bits() && whole:
		return true
	}
	return k.change.allows(now, pause)
}

// hear returns the messages that tell a table.
func (k *toldTable) hear(now time.Time, next *qrp.Table, t *routeTables, pause time.Duration) []wire.Message {
	k.latest, k.folded = next, false
	whole := k.whole.allows(now, tablePauseWhole)
	if k.kept != nil && k.kept.Bits() > qrp.EmptyBits {
		k.folded = next.Bits() > k.kept.Bits() && !whole
		if next.Bits() < k.kept.Bits() || k.folded {
			next = t.resized(next, k.kept.Bits())
		}
	}
	messages := t.update(k.kept, next, whole)
	k.kept = next
	if len(messages) == 0 {
		return nil
	}
	if _, whole := messages[0].(*wire.RouteReset); whole {
		k.whole.spend(now, tablePauseWhole)
	} else {
		k.change.spend(now, pause)
	}
	return messages
}

// feedTable sends as much of a table as fits beside everything else: a part
// that the queue drops would make the whole worthless.
func (c *Core) feedTable(n *neighbor) {
	if len(n.untold) == 0 {
		return
	}
	room := tableRoom - c.backlog(n)
	for len(n.untold) > 0 && room > 0 {
		f := c.out.frame(wire.NewGUID(c.rnd), 1, n.untold[0])
		room -= len(f)
		c.send(n, f)
		n.untold = n.untold[1:]
	}
}

// route takes a message about a neighbor's route table.
func (c *Core) route(now time.Time, n *neighbor, f wire.Frame) {
	if !c.isUltrapeer() || !c.leaf(n) && n.peer.UltrapeerQueryRouting == (handshake.Version{}) {
		c.drop(n, DropUnsupported)
		return
	}
	m, err := wire.Parse(f.Type(), f.Payload())
	if err != nil {
		c.drop(n, DropMalformed)
		return
	}
	if n.receiver == nil {
		bits := qrp.UltrapeerBits
		if c.leaf(n) {
			bits = qrp.LeafBits
		}
		n.receiver = qrp.NewReceiver(bits)
	}
	had := n.table() != nil
	var fault *qrp.Fault
	var whole bool
	switch m := m.(type) {
	case *wire.RouteReset:
		fault = n.receiver.Reset(now, m)
	case *wire.RoutePatch:
		whole, fault = n.receiver.Patch(now, m)
	}
	if has := n.table() != nil; has != had {
		c.tables.held++
		if had {
			c.tables.held -= 2
		}
	}
	switch {
	case fault != nil:
		c.drop(n, DropRoutes)
		c.bye(n, handshake.Status(fault.Code), fault.Text)
	case whole && c.leaf(n):
		c.enter(n)
		c.tables.stale = true
		c.hurryTables(now, tablePauseLeaf)
		if !had {
			c.repeatSearches(now, n)
		}
	}
}

// table is what a neighbor can answer, nil while it has not said.
func (n *neighbor) table() *qrp.Table {
	if n.receiver == nil {
		return nil
	}
	return n.receiver.Table()
}

// forgetTable takes a neighbor that is gone out of what we tell.
func (c *Core) forgetTable(n *neighbor) {
	if n.table() != nil {
		c.tables.held--
		c.tables.stale = true
	}
	if n.receiver != nil {
		n.receiver.Close()
		n.receiver = nil
	}
}

// emptyTable is that of who shares nothing. It is never changed.
var emptyTable = qrp.NewTable(qrp.EmptyBits)
