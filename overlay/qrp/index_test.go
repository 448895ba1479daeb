package qrp

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestIndex holds an Index against its tables, asked one by one, while tables of
// all sizes come, change and go.
func TestIndex(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	vocabulary := make([]uint32, 40)
	for i := range vocabulary {
		vocabulary[i] = rng.Uint32()
	}
	some := func(n int) (hashes []uint32) {
		for range n {
			hashes = append(hashes, vocabulary[rng.IntN(len(vocabulary))])
		}
		return hashes
	}
	var x Index
	tables := map[int]*Table{}
	exact, claimed := 0, 0
	for range 2000 {
		column := rng.IntN(150)
		switch rng.IntN(8) {
		case 0:
			x.Remove(column)
			delete(tables, column)
		case 1:
			table := NewTable([]int{EmptyBits, 12, 14, indexBits, indexBits, indexBits, LeafBits, MaxBits}[rng.IntN(8)])
			for _, h := range some(rng.IntN(25)) {
				table.Add(h)
			}
			x.Put(column, table)
			tables[column] = table
		}
		w := Words{Hashes: some(rng.IntN(8))}
		if rng.IntN(4) == 0 {
			w.URNs = some(2)
		}
		got := x.AppendMatches(nil, w)
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("columns %v are out of order", got)
		}
		for _, column := range got {
			table := tables[column]
			if table == nil || !table.Routes(w) && table.bits <= indexBits {
				t.Fatalf("column %d matches %v but should not", column, w)
			}
			claimed++
		}
		for column, table := range tables {
			if table.Routes(w) {
				exact++
				if !slices.Contains(got, column) {
					t.Fatalf("column %d routes %v but does not match", column, w)
				}
			}
		}
	}
	if exact < 1000 || claimed < exact {
		t.Errorf("%d matches of %d claimed: this tests nothing", exact, claimed)
	}
	for column := range tables {
		x.Remove(column)
	}
	if slices.ContainsFunc(x.rows, func(w uint64) bool { return w != 0 }) || slices.ContainsFunc(x.taken, func(w uint64) bool { return w != 0 }) {
		t.Error("something is left of tables that are gone")
	}
}

// TestIndexOfLongQueries: at the bound words are counted, beyond it everybody is
// taken.
func TestIndexOfLongQueries(t *testing.T) {
	var x Index
	none, all := NewTable(indexBits), NewTable(indexBits)
	none.Add(1 << 31)
	for i := range uint32(1 << countBits) {
		all.Add(i << (32 - indexBits))
	}
	x.Put(0, none)
	x.Put(1, all)
	x.Put(2, NewTable(indexBits))
	for _, test := range []struct {
		words int
		want  []int
	}{
		{1<<countBits - 1, []int{1}},
		{1 << countBits, []int{0, 1}},
		{0, nil},
	} {
		var w Words
		for i := range test.words {
			w.Hashes = append(w.Hashes, uint32(i)<<(32-indexBits))
		}
		if got := x.AppendMatches(nil, w); !slices.Equal(got, test.want) {
			t.Errorf("%d words match %v, want %v", test.words, got, test.want)
		}
	}
	var zero Index
	zero.Remove(5)
	if got := zero.AppendMatches(nil, Words{Hashes: []uint32{1}}); len(got) > 0 {
		t.Errorf("an index of nothing matches %v", got)
	}
}

// BenchmarkIndex asks an index of 300 leaves' tables of one query, and takes a
// table in.
func BenchmarkIndex(b *testing.B) {
	var x Index
	rng := rand.New(rand.NewPCG(23, 24))
	for i := range 300 {
		table := NewTable(16)
		for range table.Slots() / 100 {
			table.Add(rng.Uint32())
		}
		x.Put(i, table)
	}
	b.Run("match", func(b *testing.B) {
		query := Words{Hashes: make([]uint32, 4)}
		var columns []int
		b.ReportAllocs()
		for b.Loop() {
			for i := range query.Hashes {
				query.Hashes[i] = rng.Uint32()
			}
			columns = x.AppendMatches(columns[:0], query)
		}
	})
	b.Run("put", func(b *testing.B) {
		table := sparse(16)
		for b.Loop() {
			x.Put(7, table)
		}
	})
}
