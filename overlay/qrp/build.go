package qrp

import "slices"

// Build returns a table of the hashes, in the size gtk-gnutella would give it:
// 2^14 slots, doubled while more than one in a hundred is set or one word in
// five falls on another's slot, up to 2^maxBits. Hashes may repeat. Without any
// it is the table of a servent that shares nothing.
func Build(hashes []uint32, maxBits int) *Table {
	if len(hashes) == 0 {
		return NewTable(EmptyBits)
	}
	distinct := slices.Clone(hashes)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	size := min(leastBits, maxBits)
	for size < maxBits && crowded(distinct, size) {
		size++
	}
	t := NewTable(size)
	for _, h := range distinct {
		t.Add(h)
	}
	return t
}

// crowded tells that 2^size slots are too few for the hashes, which are sorted:
// those of one slot are neighbors.
func crowded(distinct []uint32, size int) bool {
	slots := 0
	last := ^uint32(0)
	for i, h := range distinct {
		if slot := h >> (32 - size); i == 0 || slot != last {
			last = slot
			slots++
		}
	}
	return slots*crowdedFill > 1<<size || (len(distinct)-slots)*crowdedWords >= len(distinct)
}
