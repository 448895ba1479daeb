package qrp

import (
	"fmt"
	"math"
	"slices"
)

// Table is a set of slots, one bit each: 8 KiB at the usual 2^16 slots, 256 KiB
// at the most, 2^21. It is not for concurrent use while it changes.
type Table struct {
	bits  int      // 2^bits slots
	set   int      // slots that are set
	words []uint64 // 64 slots each, the lowest on top
}

// NewTable returns an empty table of 2^bits slots. Bits beyond EmptyBits to
// MaxBits are a mistake of the caller and panic.
func NewTable(bits int) *Table {
	if bits < EmptyBits || bits > MaxBits {
		panic(fmt.Sprintf("qrp: table of 2^%d slots", bits))
	}
	return &Table{bits: bits, words: make([]uint64, (1<<bits+63)/64)}
}

// Bits is the size of the table as the exponent of its number of slots.
func (t *Table) Bits() int { return t.bits }

// Slots is the number of slots.
func (t *Table) Slots() int { return 1 << t.bits }

// Fill is the share of slots that are set, from 0 to 1.
func (t *Table) Fill() float64 { return float64(t.set) / float64(t.Slots()) }

// Empty tells that the table routes nothing: no slot is set, or it has the size
// that stands for "I share nothing".
func (t *Table) Empty() bool { return t.set == 0 || t.bits <= EmptyBits }

// Pass is the probability with which a query that the table routes should be
// sent while the neighbor's queue is not empty: 1 up to a fill of 5 %, then
// quickly less, 0.02 for a table that claims everything.
func (t *Table) Pass() float64 {
	fill := t.Fill()
	if fill <= passFill {
		return 1
	}
	return 1 - math.Pow(fill-passFill, passBend)
}

// Add sets the slot of a hash.
func (t *Table) Add(hash uint32) { t.put(hash>>(32-t.bits), true) }

// Has tells whether the slot of a hash is set.
func (t *Table) Has(hash uint32) bool { return t.at(hash >> (32 - t.bits)) }

// Equal tells whether both tables have the same size and the same slots set.
func (t *Table) Equal(other *Table) bool {
	return t.bits == other.bits && t.set == other.set && slices.Equal(t.words, other.words)
}

// Clone returns a copy that shares nothing with t.
func (t *Table) Clone() *Table {
	return &Table{bits: t.bits, set: t.set, words: slices.Clone(t.words)}
}

func (t *Table) at(slot uint32) bool { return t.words[slot>>6]&mask(slot) != 0 }

func (t *Table) put(slot uint32, present bool) {
	word, bit := &t.words[slot>>6], mask(slot)
	switch {
	case present && *word&bit == 0:
		*word |= bit
		t.set++
	case !present && *word&bit != 0:
		*word &^= bit
		t.set--
	}
}

// mask is the bit of a slot in its word.
func mask(slot uint32) uint64 { return 1 << 63 >> (slot & 63) }
