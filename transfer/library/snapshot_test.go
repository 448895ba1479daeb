package library

import (
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"filbert/transfer/urn"
)

func testEntry(id uint32, content string) *Entry {
	return &Entry{ID: id, SHA1: sha1.Sum([]byte(content)), Size: 1}
}

// TestSnapshotModel compares a chain of snapshots with a plain map, and what a
// reader that looks only now and then is told with what really happened.
func TestSnapshotModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	model := map[uint32]*Entry{}
	now, seen := newSnapshot(), newSnapshot()
	told := map[uint32]*Entry{}
	var lastID uint32
	for round := range 500 {
		var added []*Entry
		removed := map[*Entry]struct{}{}
		for _, e := range model {
			if rng.IntN(4) == 0 {
				removed[e] = struct{}{}
				delete(model, e.ID)
			}
		}
		for range rng.IntN(8) {
			lastID++
			e := testEntry(lastID, fmt.Sprint(rng.IntN(40)))
			added = append(added, e)
			if rng.IntN(5) == 0 { // gone again before anybody saw it
				removed[e] = struct{}{}
			} else {
				model[e.ID] = e
			}
		}
		now = now.with(added, removed)

		if len(now.byID) != len(model) || len(now.bySHA1) != len(model) ||
			!slices.IsSortedFunc(now.byID, compareID) || !slices.IsSortedFunc(now.bySHA1, compareSHA1) {
			t.Fatalf("round %d: %d and %d entries for %d, or not sorted", round, len(now.byID), len(now.bySHA1), len(model))
		}
		for id, e := range model {
			if got, ok := now.findID(id); !ok || got != e {
				t.Fatalf("round %d: entry %d is not found", round, id)
			}
			if got, ok := now.findSHA1(e.SHA1); !ok || got.SHA1 != e.SHA1 || got.ID > id {
				t.Fatalf("round %d: the hash of entry %d finds %+v", round, id, got)
			}
		}
		if rng.IntN(3) > 0 {
			continue
		}
		c := now.since(seen)
		seen = now
		for _, e := range c.Removed {
			if told[e.ID] != e {
				t.Fatalf("round %d: removed %d, which was not there", round, e.ID)
			}
			delete(told, e.ID)
		}
		for _, e := range c.Added {
			if told[e.ID] != nil {
				t.Fatalf("round %d: added %d twice", round, e.ID)
			}
			told[e.ID] = e
		}
		if len(told) != len(model) {
			t.Fatalf("round %d: %d entries told, %d are there", round, len(told), len(model))
		}
	}
}

func TestGoneIsBounded(t *testing.T) {
	var all []*Entry
	for i := range maxGone + 2 {
		all = append(all, testEntry(uint32(i+1), fmt.Sprint(i)))
	}
	s := newSnapshot().with(slices.Clone(all), nil)
	for i, e := range all {
		s = s.with(nil, map[*Entry]struct{}{e: {}})
		if want := min(i+1, maxGone); len(s.gone) != want {
			t.Fatalf("%d removed, %d remembered, want %d", i+1, len(s.gone), want)
		}
	}
	if slices.Contains(s.gone, all[1].SHA1) || !slices.Contains(s.gone, all[2].SHA1) {
		t.Error("it was not the oldest that was forgotten")
	}
}

func BenchmarkSnapshotChange(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			all := make([]*Entry, n)
			for i := range all {
				all[i] = testEntry(uint32(i+1), fmt.Sprint(i))
			}
			s := newSnapshot().with(slices.Clone(all), nil)
			b.ReportAllocs()
			for b.Loop() {
				s.with([]*Entry{testEntry(uint32(n+1), "new")}, map[*Entry]struct{}{all[n/2]: {}})
			}
		})
	}
}

func BenchmarkFindSHA1(b *testing.B) {
	all := make([]*Entry, 1_000_000)
	for i := range all {
		all[i] = testEntry(uint32(i+1), fmt.Sprint(i))
	}
	s := newSnapshot().with(slices.Clone(all), nil)
	sums := make([]urn.SHA1, 4096)
	for i := range sums {
		sums[i] = all[i*229%len(all)].SHA1
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := s.findSHA1(sums[i%len(sums)]); !ok {
			b.Fatal("lost")
		}
	}
}
