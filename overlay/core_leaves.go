package overlay

import (
	"slices"

	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// roster is the neighbors by what they are to us, oldest first. Who is a leaf of
// ours stays one: a change of our role ends all links.
type roster struct {
	ultrapeers []*neighbor
	leaves     []*neighbor
	indexed    *indexedTables // the leaves' tables, once there are many
}

// indexedTables finds the leaves that a query is for without asking each. A leaf
// is in it from its first table on; what it is asked again in the end is the
// table itself.
type indexedTables struct {
	index   qrp.Index
	columns []*neighbor // nil = free
	found   []int
}

// join makes a link one of our neighbors.
func (c *Core) join(n *neighbor) {
	c.neighbors = append(c.neighbors, n)
	if c.leaf(n) {
		c.roster.leaves = append(c.roster.leaves, n)
	} else {
		c.roster.ultrapeers = append(c.roster.ultrapeers, n)
	}
}

// part is the end of join.
func (c *Core) part(n *neighbor) {
	gone := func(other *neighbor) bool { return other == n }
	c.neighbors = slices.DeleteFunc(c.neighbors, gone)
	c.roster.leaves = slices.DeleteFunc(c.roster.leaves, gone)
	c.roster.ultrapeers = slices.DeleteFunc(c.roster.ultrapeers, gone)
	if c.roster.indexed != nil {
		c.roster.indexed.remove(n)
		if len(c.roster.leaves) < indexedLeaves/2 {
			c.roster.indexed = nil
		}
	}
}

// enter takes up a leaf's table, which changed.
func (c *Core) enter(n *neighbor) {
	r := &c.roster
	switch {
	case r.indexed != nil:
		r.indexed.put(n)
	case len(r.leaves) >= indexedLeaves:
		r.indexed = &indexedTables{}
		for _, leaf := range r.leaves {
			if leaf.table() != nil {
				r.indexed.put(leaf)
			}
		}
	}
}

func (x *indexedTables) put(n *neighbor) {
	column := slices.Index(x.columns, n)
	if column < 0 {
		if column = slices.Index(x.columns, nil); column < 0 {
			column = len(x.columns)
			x.columns = append(x.columns, nil)
		}
		x.columns[column] = n
	}
	x.index.Put(column, n.table())
}

func (x *indexedTables) remove(n *neighbor) {
	if column := slices.Index(x.columns, n); column >= 0 {
		x.index.Remove(column)
		x.columns[column] = nil
	}
}

// toLeaves sends a query to the leaves that may have what it asks for. f has
// the TTL and hops with which it leaves. It returns how many there are.
func (c *Core) toLeaves(from *neighbor, f wire.Frame, q *outgoing) (sent int) {
	ask := func(to *neighbor) {
		if to != from && to.takes(q) && to.routes(q) {
			c.send(to, f)
			sent++
		}
	}
	if x := c.roster.indexed; x != nil && !q.news {
		x.found = x.index.AppendMatches(x.found[:0], q.words)
		for _, column := range x.found {
			ask(x.columns[column])
		}
		return sent
	}
	for _, to := range c.roster.leaves {
		ask(to)
	}
	return sent
}
