package route

import (
	"encoding/binary"
	"testing"
	"time"

	"filbert/overlay/wire"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func guid(n uint64) (g wire.GUID) {
	binary.BigEndian.PutUint64(g[:], n)
	return g
}

// TestConversation plays what links bring and what the table answers.
func TestConversation(t *testing.T) {
	const lifetime = 10 * time.Minute
	type step struct {
		after        time.Duration // since the step before
		record       uint64        // GUID recorded, or
		set          uint64        // GUID set, or
		lookup       uint64        // GUID looked up
		from         int           // link of the record
		first, again bool          // what Record answers
		found        bool          // what Lookup answers
		route, other int
	}
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"the first copy wins, the second is the other way", []step{
			{record: 1, from: 7, first: true},
			{record: 1, from: 8},
			{record: 1, from: 9},
			{lookup: 1, found: true, route: 7, other: 8},
		}},
		{"the same link twice is no other way", []step{
			{record: 1, from: 7, first: true},
			{record: 1, from: 7, again: true},
			{lookup: 1, found: true, route: 7},
		}},
		{"an unknown GUID has no route", []step{
			{lookup: 5},
		}},
		{"a duplicate is one after a generation as well", []step{
			{record: 1, from: 7, first: true},
			{after: lifetime, record: 1, from: 8},
			{lookup: 1, found: true, route: 7, other: 8},
		}},
		{"what nobody used for two generations is forgotten", []step{
			{record: 1, from: 7, first: true},
			{after: lifetime, record: 2, from: 7, first: true},
			{after: lifetime, record: 1, from: 8, first: true},
		}},
		{"a long silence forgets everything", []step{
			{record: 1, from: 7, first: true},
			{after: 5 * lifetime, lookup: 1},
		}},
		{"use renews", []step{
			{record: 1, from: 7, first: true},
			{after: lifetime, lookup: 1, found: true, route: 7},
			{after: lifetime, lookup: 1, found: true, route: 7},
			{after: lifetime, lookup: 1, found: true, route: 7},
		}},
		{"set follows the newest sighting", []step{
			{set: 1, from: 7},
			{lookup: 1, found: true, route: 7},
			{set: 1, from: 8},
			{lookup: 1, found: true, route: 8, other: 7},
			{set: 1, from: 8},
			{lookup: 1, found: true, route: 8, other: 7},
			{after: lifetime, set: 1, from: 8},
			{after: lifetime, lookup: 1, found: true, route: 8, other: 7},
		}},
		{"a clock set back forgets nothing", []step{
			{record: 1, from: 7, first: true},
			{after: -time.Hour, record: 1, from: 8},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, now := NewTable[int](100, lifetime), start
			for i, s := range test.steps {
				now = now.Add(s.after)
				switch {
				case s.record != 0:
					if first, again := table.Record(now, guid(s.record), s.from); first != s.first || again != s.again {
						t.Fatalf("step %d: Record says first %v again %v, want %v, %v", i, first, again, s.first, s.again)
					}
				case s.set != 0:
					table.Set(now, guid(s.set), s.from)
				default:
					route, other, ok := table.Lookup(now, guid(s.lookup))
					if ok != s.found || route != s.route || other != s.other {
						t.Fatalf("step %d: Lookup = %d, %d, %v, want %d, %d, %v", i, route, other, ok, s.route, s.other, s.found)
					}
				}
			}
		})
	}
}

// TestCapacity feeds unique GUIDs as a flooder would: the table stays bounded,
// and the newest generation's worth of entries is always known.
func TestCapacity(t *testing.T) {
	for _, n := range []int{99, 100, 101, 10_000} {
		table := NewTable[int](100, time.Hour)
		for i := range n {
			if first, _ := table.Record(start, guid(uint64(i)), 1); !first {
				t.Fatalf("GUID %d of %d was taken for a duplicate", i, n)
			}
			if table.Len() > 200 {
				t.Fatalf("after %d GUIDs the table holds %d entries, more than two generations", i+1, table.Len())
			}
		}
		for i := max(0, n-100); i < n; i++ {
			if _, _, ok := table.Lookup(start, guid(uint64(i))); !ok {
				t.Fatalf("GUID %d of %d, among the newest 100, is forgotten", i, n)
			}
		}
		if full := n > 100; (table.Early() > 0) != full {
			t.Errorf("%d GUIDs: %d generations ended early", n, table.Early())
		}
	}
}

// TestLevels: a later copy may travel farther than the first.
func TestLevels(t *testing.T) {
	table := NewTable[int](10, time.Minute)
	now := start
	if before, higher := table.Raise(now, guid(1), 3); before != 0 || higher {
		t.Errorf("a GUID that is not recorded was raised from %d, %v", before, higher)
	}
	table.RecordAt(now, guid(1), 7, 2)
	table.RecordAt(now, guid(1), 8, 5) // another copy raises nothing
	table.Record(now, guid(2), 7)
	for _, step := range []struct {
		after  time.Duration
		guid   uint64
		level  uint8
		before uint8
		higher bool
	}{
		{0, 1, 1, 2, false}, {0, 1, 2, 2, false}, {0, 1, 3, 2, true}, {time.Minute, 1, 3, 3, false}, {0, 1, 4, 3, true},
		{0, 2, 0, 0, false}, {0, 2, 1, 0, true},
	} {
		now = now.Add(step.after)
		if before, higher := table.Raise(now, guid(step.guid), step.level); before != step.before || higher != step.higher {
			t.Errorf("raised to %d from %d, %v; want %d, %v", step.level, before, higher, step.before, step.higher)
		}
	}
	if first, other, _ := table.Lookup(now, guid(1)); first != 7 || other != 8 {
		t.Errorf("the way back is %d or %d, want 7 or 8", first, other)
	}
}

func BenchmarkRecord(b *testing.B) {
	table := NewTable[uint64](1<<17, time.Hour)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		table.Record(start, guid(uint64(i)*0x9E3779B97F4A7C15), 1)
	}
}
