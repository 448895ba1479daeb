package qrp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"filbert/overlay/wire"
)

// sparse is a table as gtk-gnutella makes them, one slot in a hundred set.
func sparse(bits int) *Table {
	rng := rand.New(rand.NewPCG(15, 16))
	t := NewTable(bits)
	for range t.Slots() / 100 {
		t.Add(rng.Uint32())
	}
	return t
}

// BenchmarkRoutes asks 300 leaves' tables of one query.
func BenchmarkRoutes(b *testing.B) {
	var leaves [300]*Table
	table := sparse(16)
	for i := range leaves {
		leaves[i] = table.Clone()
	}
	query := Words{Hashes: hashes("some", "query", "of", "four")}
	b.ReportAllocs()
	for b.Loop() {
		for _, leaf := range leaves {
			leaf.Routes(query)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(leaves)), "ns/table")
}

// BenchmarkReceive takes a whole table in.
func BenchmarkReceive(b *testing.B) {
	for _, size := range []struct{ sent, kept int }{{16, 16}, {MaxBits, LeafBits}, {MaxBits, MaxBits}} {
		table := sparse(size.sent)
		messages := new(Sender).Update(nil, table)
		bytes := 0
		for _, m := range messages {
			bytes += wire.HeaderLen + len(m.AppendTo(nil))
		}
		b.Run(fmt.Sprintf("%d-slots-in-%d", table.Slots(), 1<<size.kept), func(b *testing.B) {
			r, now := NewReceiver(size.kept), start
			b.ReportAllocs()
			for b.Loop() {
				now = deliver(b, r, now.Add(time.Hour), messages)
			}
			b.ReportMetric(float64(bytes), "wire-bytes")
		})
	}
}

// BenchmarkUpdate makes the messages of a table of which a little changed.
func BenchmarkUpdate(b *testing.B) {
	for _, bits := range []int{16, MaxBits} {
		last := sparse(bits)
		next := last.Clone()
		for _, h := range hashes(gtkWords...) {
			next.Add(h)
		}
		b.Run(fmt.Sprintf("%d-slots", last.Slots()), func(b *testing.B) {
			var s Sender
			b.ReportAllocs()
			for b.Loop() {
				s.Update(last, next)
			}
		})
	}
}

// BenchmarkMerge joins a leaf's table into the one told to ultrapeers.
func BenchmarkMerge(b *testing.B) {
	for _, bits := range []int{16, UltrapeerBits, MaxBits} {
		leaf := sparse(bits)
		b.Run(fmt.Sprintf("%d-slots", leaf.Slots()), func(b *testing.B) {
			all := NewTable(UltrapeerBits)
			for b.Loop() {
				all.Merge(leaf)
			}
		})
	}
}
