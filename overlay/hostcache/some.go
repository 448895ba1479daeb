package hostcache

import (
	"net/netip"
	"slices"
	"time"
)

// Some returns up to n hosts to tell the peer asker of, in X-Try-Ultrapeers or
// pongs: a random choice of those that we dealt with ourselves in the last hour.
// What we only heard is never passed on. There is one of each /24 (IPv6: /48),
// none of the asker's own address, and local ones only if the asker stands on
// the same scope or a narrower one.
func (c *Cache) Some(now time.Time, n int, asker netip.AddrPort) []netip.AddrPort {
	asker = unmap(asker)
	c.scratch = c.scratch[:0]
	for _, e := range c.list {
		if c.tells(now, e, asker) {
			c.scratch = append(c.scratch, e)
		}
	}
	var some []netip.AddrPort
	nets := make(map[netip.Prefix]bool)
	for left := c.scratch; len(left) > 0 && len(some) < n; left = left[1:] {
		i := c.rng.IntN(len(left))
		left[0], left[i] = left[i], left[0]
		e := left[0]
		if !e.local {
			net := Net(e.Addr.Addr())
			if nets[net] {
				continue
			}
			nets[net] = true
		}
		some = append(some, e.Addr)
	}
	clear(c.scratch) // keep nobody alive who is forgotten
	return slices.Clip(some)
}

// tells reports whether the asker may hear of a host.
func (c *Cache) tells(now time.Time, e *entry, asker netip.AddrPort) bool {
	fresh := e.met && e.silent(now) <= freshFor || !e.LastSuccess.IsZero() && now.Sub(e.LastSuccess) <= freshFor
	if !fresh || e.strikes > 0 {
		return false
	}
	if e.Addr == asker || !e.local && e.Addr.Addr() == asker.Addr() {
		return false
	}
	return c.cfg.Acceptable(e.Addr, asker.Addr()) == Kept
}
