package overlay

import (
	"math"
	"slices"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// horizon is what a neighbor tells of the network behind it (horizon size
// estimation protocol), and what it was told of the network behind us.
type horizon struct {
	levels [hsepLevels]wire.HSEPLevel // what is within 1, 2, … hops of us through it; zero before it told
	sent   []wire.HSEPLevel           // what it was told last
	due    time.Time                  // when it is told again, if that has changed
}

// speaksHSEP reports whether a neighbor counts its horizon too.
func (n *neighbor) speaksHSEP() bool {
	v := n.peer.Features["hsep"]
	return v.Major > 0 || v.Minor >= 2
}

// hsep takes what a neighbor tells of its horizon. Less than hsepLevels levels
// say that what is beyond adds nothing.
func (c *Core) hsep(n *neighbor, f wire.Frame) {
	m, err := wire.Parse(f.Type(), f.Payload())
	h, ok := m.(*wire.HSEP)
	switch {
	case err != nil || !ok || !monotonous(h.Levels) || h.Levels[0].Nodes != 1:
		c.drop(n, DropMalformed)
		return
	case !n.speaksHSEP():
		c.drop(n, DropUnsupported)
		return
	case n.peer.Role == handshake.RoleLeaf && len(h.Levels) > 1:
		c.drop(n, DropRole)
		return
	}
	for i := range n.horizon.levels {
		n.horizon.levels[i] = h.Levels[min(i, len(h.Levels)-1)]
	}
}

// monotonous reports whether no level has less than the one before.
func monotonous(levels []wire.HSEPLevel) bool {
	for i := 1; i < len(levels); i++ {
		a, b := levels[i-1], levels[i]
		if b.Nodes < a.Nodes || b.Files < a.Files || b.KiB < a.KiB {
			return false
		}
	}
	return true
}

// tellHorizons tells each neighbor now and then what it reaches through us, if
// that has changed.
func (c *Core) tellHorizons(now time.Time) {
	for _, n := range c.neighbors {
		if now.Before(n.horizon.due) || !n.speaksHSEP() {
			continue
		}
		n.horizon.due = now.Add(hsepPeriod)
		if levels := c.horizonFor(n); !slices.Equal(levels, n.horizon.sent) {
			n.horizon.sent = levels
			c.send(n, c.out.frame(wire.NewGUID(c.rnd), 1, &wire.HSEP{Levels: levels}))
		}
	}
}

// horizonFor is what a neighbor reaches through us: ourselves at first, then all
// that others tell, and not what it told itself. Levels at the end that add
// nothing are left out.
func (c *Core) horizonFor(to *neighbor) []wire.HSEPLevel {
	own := wire.HSEPLevel{Nodes: 1, Files: uint64(max(c.sharing.Files, 0)), KiB: uint64(max(c.sharing.KiB, 0))}
	levels := []wire.HSEPLevel{own}
	if !c.isUltrapeer() {
		return levels // a leaf leads nowhere
	}
	beyond := c.horizon(to)
	for _, l := range beyond[:hsepLevels-1] {
		levels = append(levels, sum(own, l))
	}
	last := levels[len(levels)-1]
	for len(levels) > 1 && levels[len(levels)-2] == last {
		levels = levels[:len(levels)-1]
	}
	return levels
}

// horizon is what we reach within 1, 2, … hops, not counting what is behind one
// neighbor; nil = all. Of a neighbor that does not count we know itself.
func (c *Core) horizon(but *neighbor) (levels [hsepLevels]wire.HSEPLevel) {
	for _, n := range c.neighbors {
		if n == but {
			continue
		}
		for i := range levels {
			behind := n.horizon.levels[i]
			if !n.speaksHSEP() {
				behind = wire.HSEPLevel{Nodes: 1, Files: uint64(n.files), KiB: uint64(n.kib)}
			}
			levels[i] = sum(levels[i], behind)
		}
	}
	return levels
}

// sum adds up, as far as it goes: the figures are the word of strangers.
func sum(a, b wire.HSEPLevel) wire.HSEPLevel {
	add := func(a, b uint64) uint64 {
		if s := a + b; s >= a {
			return s
		}
		return math.MaxUint64
	}
	return wire.HSEPLevel{Nodes: add(a.Nodes, b.Nodes), Files: add(a.Files, b.Files), KiB: add(a.KiB, b.KiB)}
}
