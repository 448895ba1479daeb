package hostcache

import (
	"slices"
	"time"
)

// place puts an entry into its bucket of a table, in place of another one if
// need be. It reports whether there was room.
func (c *Cache) place(now time.Time, e *entry, t table) bool {
	b := c.secret.bucketFor(e, t)
	if len(c.buckets[b]) >= bucketSize {
		i := slices.IndexFunc(c.buckets[b], func(old *entry) bool { return yields(now, old, e) })
		if i < 0 {
			return false
		}
		c.displace(now, c.buckets[b][i])
	}
	c.buckets[b] = append(c.buckets[b], e)
	c.count[t]++
	e.table, e.bucket = t, b
	return true
}

// yields reports whether an entry makes room for another one. One that was
// reached does so only after it failed itself, or after weeks of silence.
func yields(now time.Time, old, newcomer *entry) bool {
	if old.table == inTried {
		return old.strikes > 0 || old.silent(now) > staleTried
	}
	return old.spent() || old.silent(now) > staleNew && !old.direct() || old.silent(now) > staleTried ||
		newcomer.direct() && !old.direct()
}

// displace takes an entry out of its bucket. One that was reached once gets
// another chance among the new ones.
func (c *Cache) displace(now time.Time, e *entry) {
	wasTried := e.table == inTried
	c.leave(e.bucket, e)
	if wasTried && c.place(now, e, inNew) {
		return
	}
	c.evicted++
	c.remove(e)
}

// promote moves an entry to the tried table, if there is room.
func (c *Cache) promote(now time.Time, e *entry) {
	before := e.bucket
	if e.table == inNew && c.place(now, e, inTried) {
		c.leave(before, e)
	}
}

// pin makes an entry one that is never dropped.
func (c *Cache) pin(e *entry, source Source) DropReason {
	if c.count[inPinned] >= MaxPinned {
		return DropFull
	}
	c.leave(e.bucket, e)
	c.count[inPinned]++
	e.table, e.Source, e.bucket = inPinned, source, bucket{}
	return Kept
}

// leave takes an entry out of a bucket.
func (c *Cache) leave(b bucket, e *entry) {
	left := slices.DeleteFunc(c.buckets[b], func(other *entry) bool { return other == e })
	if len(left) == 0 {
		delete(c.buckets, b)
	} else {
		c.buckets[b] = left
	}
	c.count[b.table]--
}

// insert makes an entry that has its place known.
func (c *Cache) insert(e *entry) {
	e.at = len(c.list)
	c.list = append(c.list, e)
	c.known[e.Addr] = e
	if !e.local {
		c.nets[Net(e.Addr.Addr())]++
	}
}

// remove makes an entry that has left its place unknown.
func (c *Cache) remove(e *entry) {
	last := c.list[len(c.list)-1]
	c.list[e.at], last.at = last, e.at
	c.list[len(c.list)-1] = nil
	c.list = c.list[:len(c.list)-1]
	delete(c.known, e.Addr)
	if e.local {
		return
	}
	net := Net(e.Addr.Addr())
	if c.nets[net]--; c.nets[net] == 0 {
		delete(c.nets, net)
	}
}

// forget drops an entry from wherever it stands.
func (c *Cache) forget(e *entry) {
	if e.table == inPinned {
		c.count[inPinned]--
	} else {
		c.leave(e.bucket, e)
	}
	c.remove(e)
}
