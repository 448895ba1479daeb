package group

import "slices"

// chain holds the records of one issuer by number. There is more than one of a number only
// if the issuer signed two.
type chain struct {
	slots map[uint32][]*Record
	bytes int
}

func (c *chain) has(r *Record) bool {
	return slices.ContainsFunc(c.slots[r.Number], func(o *Record) bool { return o.hash == r.hash })
}

// put adds a record that is not there. If its issuer signed more of one number than most,
// those that come first in order are kept, so that what is kept does not depend on what came
// first.
func (c *chain) put(r *Record, most int) bool {
	if c.bytes+len(r.raw) > maxChainBytes {
		return false
	}
	if c.slots == nil {
		c.slots = map[uint32][]*Record{}
	}
	slot := append(c.slots[r.Number], r)
	c.bytes += len(r.raw)
	slices.SortFunc(slot, (*Record).before)
	if len(slot) > most {
		c.bytes -= len(slot[most].raw)
		slot = slot[:most]
	}
	c.slots[r.Number] = slot
	return c.has(r)
}

// free is the chain of an owner whom nobody cut: up to a gap. Of two records that follow from
// the one before the first in order counts.
func (c *chain) free() []*Record {
	var prefix []*Record
	var prev Hash
	var clock uint64
	for n := uint32(1); ; n++ {
		slot := c.slots[n]
		i := slices.IndexFunc(slot, func(r *Record) bool { return r.Prev == prev && r.Clock > clock })
		if i < 0 {
			return prefix
		}
		prefix = append(prefix, slot[i])
		prev, clock = slot[i].hash, slot[i].Clock
	}
}

// upTo is the chain that ends with a cut; it is empty if not all of it is there.
func (c *chain) upTo(cut Cut) []*Record {
	var prefix []*Record
	want := cut.Hash
	for n := cut.Number; n > 0; n-- {
		i := slices.IndexFunc(c.slots[n], func(r *Record) bool { return r.hash == want })
		if i < 0 {
			return nil
		}
		r := c.slots[n][i]
		if len(prefix) > 0 && r.Clock >= prefix[len(prefix)-1].Clock {
			return nil
		}
		prefix = append(prefix, r)
		want = r.Prev
	}
	slices.Reverse(prefix)
	return prefix
}
