package hostcache

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// Cache is the known hosts of one servent. Whoever owns it calls it from one
// goroutine. The same calls with the same random numbers give the same answers.
type Cache struct {
	cfg     Config
	rng     *rand.Rand
	secret  secret
	known   map[netip.AddrPort]*entry
	list    []*entry // the same; decisions go through this, whose order is certain
	buckets map[bucket][]*entry
	nets    map[netip.Prefix]int // hosts of each net that are not local
	own     []netip.AddrPort
	quota   quota

	lastGood time.Time // a success with any host
	count    [tables]int
	dropped  [dropReasons]uint64
	evicted  uint64
	scratch  []*entry
}

// New returns an empty cache. rng belongs to it from now on; its first numbers
// become the secret key.
func New(cfg Config, rng *rand.Rand) *Cache {
	c := &Cache{cfg: cfg, rng: rng}
	for i := range c.secret {
		c.secret[i] = byte(rng.Uint32())
	}
	c.clear()
	return c
}

// clear forgets all hosts.
func (c *Cache) clear() {
	c.known = make(map[netip.AddrPort]*entry)
	c.buckets = make(map[bucket][]*entry)
	c.nets = make(map[netip.Prefix]int)
	c.list = nil
	c.count = [tables]int{}
}

// Add takes an address that the peer at from tells; the zero from is ourselves.
// It returns Kept if the host is known now, or was before: a repetition changes
// nothing, unless the host speaks for itself (FromHandshake, its own address)
// or the user names it.
func (c *Cache) Add(now time.Time, addr netip.AddrPort, from netip.Addr, source Source) DropReason {
	r := c.add(now, unmap(addr), from.Unmap(), source)
	c.dropped[r]++
	return r
}

func (c *Cache) add(now time.Time, addr netip.AddrPort, from netip.Addr, source Source) DropReason {
	if r := c.cfg.Acceptable(addr, from); r != Kept {
		return r
	}
	if slices.Contains(c.own, addr) {
		return DropOwn
	}
	met := source == FromHandshake && addr.Addr() == from
	if e := c.known[addr]; e != nil {
		if met {
			e.met, e.LastSeen = true, now
		}
		if source.pins() {
			e.due = time.Time{} // who names a host wants it called, whatever became of it before
			if e.table != inPinned {
				return c.pin(e, source)
			}
		}
		return Kept
	}
	e := c.newEntry(Host{Addr: addr, Source: source, From: from, LastSeen: now})
	e.met = met
	switch {
	case source.pins():
		if c.count[inPinned] >= MaxPinned {
			return DropFull
		}
		e.table = inPinned
		c.count[inPinned]++
		c.insert(e)
		return Kept
	case e.local:
		// Local hosts harm nobody outside, and a laboratory has one teller.
	case from.IsValid() && !c.quota.take(now, from):
		return DropQuota
	case !met && c.nets[Net(addr.Addr())] >= maxPerNet:
		return DropCrowded
	}
	if !c.place(now, e, inNew) {
		return DropFull
	}
	c.insert(e)
	return Kept
}

// newEntry returns the entry of a host that stands nowhere yet.
func (c *Cache) newEntry(h Host) *entry {
	key, local := groupOf(h.Addr)
	return &entry{
		Host: h, local: local,
		group: c.secret.hashGroup(key), teller: c.secret.hashGroup(groupOfTeller(h.From)),
	}
}

// SetOwn says which addresses lead to ourselves; those beyond maxOwn are
// ignored. They are forgotten and not taken again.
func (c *Cache) SetOwn(own []netip.AddrPort) {
	c.own = c.own[:0]
	for _, addr := range own[:min(len(own), maxOwn)] {
		addr = unmap(addr)
		c.own = append(c.own, addr)
		if e := c.known[addr]; e != nil {
			c.forget(e)
		}
	}
}

// SetAnchors says who our outbound neighbors are, those we have longest first.
// The first of them are dialed first after a restart. An empty list changes
// nothing: when all links end, who was there last is what counts.
func (c *Cache) SetAnchors(neighbors []netip.AddrPort) {
	if len(neighbors) == 0 {
		return
	}
	for _, e := range c.list {
		e.anchor, e.first = false, false
	}
	n := 0
	for _, addr := range neighbors {
		if e := c.known[unmap(addr)]; e != nil && n < maxAnchors {
			e.anchor = true
			n++
		}
	}
}

// Len returns how many hosts are known.
func (c *Cache) Len() int { return len(c.list) }

// Lookup returns what is known of a host.
func (c *Cache) Lookup(addr netip.AddrPort) (Host, bool) {
	if e := c.known[unmap(addr)]; e != nil {
		return e.Host, true
	}
	return Host{}, false
}

// Stats counts hosts by table, and since New what Add refused, by reason, and
// what made room for others.
type Stats struct {
	New, Tried, Pinned int
	Dropped            map[DropReason]uint64
	Evicted            uint64
}

// Stats returns the counts as of now. Reasons that did not occur are left out.
func (c *Cache) Stats() Stats {
	s := Stats{
		New: c.count[inNew], Tried: c.count[inTried], Pinned: c.count[inPinned],
		Dropped: make(map[DropReason]uint64), Evicted: c.evicted,
	}
	for r := Kept + 1; r < dropReasons; r++ {
		if n := c.dropped[r]; n > 0 {
			s.Dropped[r] = n
		}
	}
	return s
}

// unmap makes one form of each address.
func unmap(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}
