package qrp

import "math/bits"

// Merge sets in t what is set in other, which may have another size: a larger
// table is shrunk, so that a slot is set when any of those it stands for is; a
// smaller one is grown by repeating its slots. An empty table adds nothing, so
// one of 8 slots does not claim an eighth of everything.
func (t *Table) Merge(other *Table) {
	switch {
	case other.Empty():
	case other.bits == t.bits:
		t.set = 0
		for i, w := range other.words {
			t.words[i] |= w
			t.set += bits.OnesCount64(t.words[i])
		}
	case other.bits > t.bits:
		shrink := other.bits - t.bits
		other.each(func(slot uint32) { t.put(slot>>shrink, true) })
	default:
		grow := t.bits - other.bits
		other.each(func(slot uint32) { t.fill(slot<<grow, 1<<grow) })
	}
}

// each calls f with every slot that is set, in order.
func (t *Table) each(f func(slot uint32)) {
	for i, w := range t.words {
		for w != 0 {
			lead := bits.LeadingZeros64(w)
			f(uint32(i<<6 + lead))
			w &^= 1 << 63 >> lead
		}
	}
}

// fill sets n slots from first on; both are multiples of n, a power of two.
func (t *Table) fill(first, n uint32) {
	run := ^uint64(0)
	if n < 64 {
		run = run << (64 - n) >> (first & 63)
	}
	words := t.words[first>>6 : (first+n+63)>>6]
	for i, w := range words {
		words[i] = w | run
		t.set += bits.OnesCount64(words[i]) - bits.OnesCount64(w)
	}
}
