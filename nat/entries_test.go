package nat

import (
	"net/netip"
	"testing"
	"time"
)

func remoteNumber(i int) remote {
	return remote{1, netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, byte(i >> 16), byte(i >> 8), byte(i)}), 6346)}
}

// TestEntries plays what goes out and comes in: after each step so many entries are
// taken, and the last thing that was wanted is had or not.
func TestEntries(t *testing.T) {
	const lives = entryLifetime
	open := func(n int) func(*Entries, time.Time) bool {
		return func(e *Entries, now time.Time) (ok bool) {
			for range n {
				ok = e.Open(now, false)
			}
			return ok
		}
	}
	shut := func(n int) func(*Entries, time.Time) bool {
		return func(e *Entries, now time.Time) bool {
			for range n {
				e.Close(now)
			}
			return true
		}
	}
	link := func(e *Entries, now time.Time) bool { return e.Open(now, true) }
	write := func(from, to int) func(*Entries, time.Time) bool {
		return func(e *Entries, now time.Time) (ok bool) {
			for i := from; i < to; i++ {
				ok = e.Write(now, remoteNumber(i))
			}
			return ok
		}
	}
	read := func(from, to int) func(*Entries, time.Time) bool {
		return func(e *Entries, now time.Time) bool {
			for i := from; i < to; i++ {
				e.Read(now, remoteNumber(i))
			}
			return true
		}
	}
	const room = maxEntries - keptEntries
	type step struct {
		at   time.Duration
		do   func(*Entries, time.Time) bool
		ok   bool
		want int
	}
	for name, steps := range map[string][]step{
		"a connection": {{0, open(1), true, 1}, {time.Hour, shut(1), true, 1}, {time.Hour + endedLifetime - 1, open(1), true, 2}, {time.Hour + endedLifetime, open(1), true, 2}},
		"as many connections as there is room": {
			{0, open(room - 1), true, room - 1}, {0, open(1), true, room}, {0, open(1), false, room},
			{time.Hour, shut(2), true, room}, {time.Hour, open(1), false, room}, {time.Hour + endedLifetime, open(1), true, room - 1},
		},
		"links have more": {{0, open(room + 1), false, room}, {0, link, true, room + 1}, {0, open(1), false, room + 1}},
		"datagrams": {
			{0, write(0, 2), true, 2}, {lives / 2, write(0, 1), true, 2}, {lives, write(0, 1), true, 1}, {2*lives - 1, write(0, 1), true, 1},
			{5 * lives, open(1), true, 1},
		},
		"as many datagrams as there is room": {
			{0, write(0, room), true, room}, {0, write(room, room+1), false, room}, {1, write(0, 1), true, room}, {0, open(1), false, room},
			{lives, write(room, room+1), true, 2},
		},
		"an answer is free": {
			{0, write(0, room), true, room}, {0, read(room, room+2), true, room}, {0, write(room, room+2), true, room}, {0, write(room+2, room+3), false, room},
			{lives, write(room, room+1), true, 0}, {3 * lives, write(room, room+1), true, 1},
		},
		"strangers are remembered up to a number": {
			{0, read(0, 3*maxEntries), true, 0}, {0, write(3*maxEntries-1, 3*maxEntries), true, 0}, {0, write(0, 1), true, 1},
		},
		"who was written to is no stranger": {{0, write(0, 1), true, 1}, {0, read(0, 1), true, 1}, {lives, write(0, 1), true, 1}},
	} {
		e, began := NewEntries(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i, s := range steps {
			now := began.Add(s.at)
			ok := s.do(e, now)
			if got := e.Counts(now); ok != s.ok || got.Now != s.want || got.Most < got.Now || got.Limit != maxEntries {
				t.Errorf("%s, step %d: %v and %+v, want %v and %d", name, i, ok, got, s.ok, s.want)
			}
			if len(e.heard)+len(e.before) > 2*maxEntries || len(e.remotes)+len(e.closing) > maxEntries {
				t.Errorf("%s, step %d: %d and %d strangers, %d and %d of ours", name, i, len(e.heard), len(e.before), len(e.remotes), len(e.closing))
			}
		}
	}
}
