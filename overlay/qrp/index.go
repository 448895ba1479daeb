package qrp

import "math/bits"

// Index finds those of many tables that may route a query, without asking each:
// it has a row for every slot, with a bit for every table that has it.
//
//	          table 0 1 2 3 …
//	slot 0          0 1 0 0
//	slot 1          0 0 0 1      the rows of a query's words are added up,
//	…                            64 tables at a time
//
// A table has a column, a number that its owner chooses, from 0 on and without
// great gaps. Tables of more than 2^indexBits slots are folded, so for those it
// may claim too much, never too little: ask the table itself in the end. It takes
// 512 KiB for every 64 columns. The zero value is ready and holds nothing.
type Index struct {
	stride int      // words of a row
	rows   []uint64 // the rows, in order
	taken  []uint64 // columns that have a table, as bits
}

// Put takes a table into a column, in place of the one that is there. Later
// changes of the table need another Put.
func (x *Index) Put(column int, t *Table) {
	x.Remove(column)
	for column >= 64*x.stride {
		x.widen()
	}
	if t.Empty() {
		return
	}
	at, bit := column/64, uint64(1)<<(column%64)
	x.taken[at] |= bit
	switch {
	case t.bits > indexBits:
		t.each(func(slot uint32) { x.rows[int(slot>>(t.bits-indexBits))*x.stride+at] |= bit })
	default:
		run := uint32(1) << (indexBits - t.bits)
		t.each(func(slot uint32) {
			for row := slot * run; row < (slot+1)*run; row++ {
				x.rows[int(row)*x.stride+at] |= bit
			}
		})
	}
}

// Remove empties a column.
func (x *Index) Remove(column int) {
	at, bit := column/64, uint64(1)<<(column%64)
	if at >= x.stride || x.taken[at]&bit == 0 {
		return
	}
	x.taken[at] &^= bit
	for i := at; i < len(x.rows); i += x.stride {
		x.rows[i] &^= bit
	}
}

// widen makes room for 64 more columns.
func (x *Index) widen() {
	wide := make([]uint64, (x.stride+1)<<indexBits)
	for row := range 1 << indexBits {
		copy(wide[row*(x.stride+1):], x.rows[row*x.stride:(row+1)*x.stride])
	}
	x.stride, x.rows, x.taken = x.stride+1, wide, append(x.taken, 0)
}

// AppendMatches appends the columns whose tables may route a query, in ascending
// order: all that do, by the rule of Table.Routes, and some that do not.
func (x *Index) AppendMatches(columns []int, w Words) []int {
	for at := range x.stride {
		for hit := x.matches(at, w); hit != 0; hit &= hit - 1 {
			columns = append(columns, 64*at+bits.TrailingZeros64(hit))
		}
	}
	return columns
}

// matches is AppendMatches for the columns of one word of the rows.
func (x *Index) matches(at int, w Words) (hit uint64) {
	if len(w.Hashes) >= 1<<countBits {
		return x.taken[at] // nobody asks so much
	}
	var found [countBits]uint64 // how many of the words each column has, bit by bit
	for _, h := range w.Hashes {
		carry := x.row(h)[at]
		for i := 0; carry != 0; i++ {
			found[i], carry = found[i]^carry, found[i]&carry
		}
	}
	if words := len(w.Hashes); words > 0 {
		least := words
		if words > fewWords {
			least = (mostOfThree*words + 2) / 3
		}
		more, same := uint64(0), ^uint64(0) // than least, from the top bit on
		for i := countBits - 1; i >= 0; i-- {
			if least>>i&1 != 0 {
				same &= found[i]
			} else {
				more |= same & found[i]
				same &^= found[i]
			}
		}
		hit = more | same
	}
	for _, h := range w.URNs {
		hit |= x.row(h)[at]
	}
	return hit
}

func (x *Index) row(hash uint32) []uint64 {
	slot := int(hash >> (32 - indexBits))
	return x.rows[slot*x.stride : (slot+1)*x.stride]
}
