package messages

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"filbert/overlay/identity"
)

// reader judges as App does, and remembers what was shown.
type reader struct {
	self    identity.PeerID
	streams map[identity.PeerID]*Stream
	came    map[identity.PeerID]map[uint64]string
	shown   map[identity.PeerID][]string
	counts  map[string]int
}

func newReader(self identity.PeerID) *reader {
	return &reader{self, map[identity.PeerID]*Stream{}, map[identity.PeerID]map[uint64]string{}, map[identity.PeerID][]string{}, map[string]int{}}
}

func (r *reader) takes(b []byte, now time.Time) {
	m, err := Parse(b)
	if err != nil || m.In != To(r.self) || !m.Genuine() {
		r.counts["forged"]++
		return
	}
	s := r.streams[m.Author]
	if s == nil {
		s = new(Stream)
		r.streams[m.Author], r.came[m.Author] = s, map[uint64]string{}
	}
	v := s.Take(m.Previous, m.Sequence, func(n uint64) bool { return r.came[m.Author][n] != "" }, now)
	r.counts[v.String()]++
	if v > Late {
		return
	}
	r.came[m.Author][m.Sequence] = m.Text
	if v == Late {
		r.shown[m.Author] = append(r.shown[m.Author], m.Text)
	}
	r.looks(now)
}

func (r *reader) looks(now time.Time) {
	for author, s := range r.streams {
		for _, n := range s.Ready(now) {
			r.shown[author] = append(r.shown[author], r.came[author][n])
		}
	}
}

var genuineMessages = flag.Int("messages", 10_000, "genuine messages in TestTenThousand")

// TestTenThousand: of 10,000 messages of three authors that come out of order, doubled,
// replayed, forged and from other conversations, exactly the genuine ones are shown, once
// and in their author's order.
func TestTenThousand(t *testing.T) {
	const reach = 200
	genuine := *genuineMessages
	rng := rand.New(rand.NewPCG(4, 26))
	self, other := who(t, 9).PeerID(), who(t, 8).PeerID()
	authors := []*identity.Identity{who(t, 1), who(t, 2), who(t, 3)}
	type letter struct {
		at int
		b  []byte
	}
	var post []letter
	want := map[identity.PeerID][]string{}
	last := map[identity.PeerID]uint64{}
	now := noon
	for i := range genuine {
		from := authors[rng.IntN(len(authors))]
		id := from.PeerID()
		now = now.Add(time.Duration(rng.IntN(2000)) * time.Microsecond)
		m := writes(t, from, self, last[id], fmt.Sprintf("text %d", i), now)
		last[id] = m.Sequence
		want[id] = append(want[id], m.Text)
		b := m.AppendTo(nil)
		post = append(post, letter{i + rng.IntN(reach), b})
		switch rng.IntN(5) {
		case 0: // doubled
			post = append(post, letter{i + rng.IntN(reach), b})
		case 1: // replayed, long after
			post = append(post, letter{i + rng.IntN(genuine), b})
		case 2: // a bit of it changed
			lie := slices.Clone(b)
			lie[rng.IntN(len(lie))] ^= 1 << rng.IntN(8)
			post = append(post, letter{i + rng.IntN(reach), lie})
		case 3: // signed by another than it says
			lie := writes(t, authors[rng.IntN(len(authors))], self, m.Previous, "I owe you", now)
			if lie.Author != id {
				lie.Author = id
				post = append(post, letter{i + rng.IntN(reach), lie.AppendTo(nil)})
			}
		case 4: // of another conversation
			lie := writes(t, from, other, m.Previous, "not for you", now)
			post = append(post, letter{i + rng.IntN(reach), lie.AppendTo(nil)})
		}
	}
	slices.SortStableFunc(post, func(a, b letter) int { return a.at - b.at })
	r := newReader(self)
	for _, l := range post {
		r.takes(l.b, now)
	}
	for _, from := range authors {
		if id := from.PeerID(); !slices.Equal(r.shown[id], want[id]) {
			t.Errorf("%d messages were shown in another order, or not once: want %d", len(r.shown[id]), len(want[id]))
		}
	}
	t.Logf("%d came: %v", len(post), r.counts)
	if r.counts["early"] < genuine/2 || r.counts["known"] < genuine/4 || r.counts["forged"] < genuine/4 || r.counts["late"] != 0 {
		t.Errorf("counts: %v", r.counts)
	}
}

// TestGaps: what came early waits, and for so long.
func TestGaps(t *testing.T) {
	at := func(n int) uint64 { return uint64(noon.UnixMicro()) + uint64(n) }
	type event struct {
		after              time.Duration
		previous, sequence uint64 // 0: time passes, no more
		want               Verdict
		shows              []uint64
	}
	for _, test := range []struct {
		name   string
		events []event
	}{
		{"in order", []event{{0, 0, at(1), Next, []uint64{at(1)}}, {0, at(1), at(5), Next, []uint64{at(5)}}}},
		{"out of order", []event{
			{0, at(5), at(9), Early, nil}, {0, at(1), at(5), Early, nil}, {0, 0, at(1), Next, []uint64{at(1), at(5), at(9)}}, {0, 0, at(1), Known, nil},
		}},
		{"held and known", []event{{0, at(5), at(9), Early, nil}, {0, at(5), at(9), Known, nil}}},
		{"given up, then late", []event{
			{0, at(1), at(5), Early, nil}, {20 * time.Second, at(7), at(9), Early, nil}, {10 * time.Second, 0, 0, 0, []uint64{at(5)}},
			{0, 0, at(1), Late, nil}, {20 * time.Second, 0, 0, 0, []uint64{at(9)}},
		}},
		{"the author began anew", []event{{0, 0, at(5), Next, []uint64{at(5)}}, {0, 0, at(9), Next, []uint64{at(9)}}}},
		{"clocks", []event{
			{0, 0, uint64(noon.Add(maxAhead).UnixMicro()) + 1, Ahead, nil}, {0, 0, uint64(noon.Add(-maxAge).UnixMicro()) - 1, Old, nil},
		}},
	} {
		now := noon
		s, came := new(Stream), map[uint64]bool{}
		for i, e := range test.events {
			now = now.Add(e.after)
			if e.sequence != 0 {
				if got := s.Take(e.previous, e.sequence, func(n uint64) bool { return came[n] }, now); got != e.want {
					t.Errorf("%s, %d: %v, want %v", test.name, i, got, e.want)
				}
				came[e.sequence] = true
			}
			if got := s.Ready(now); !slices.Equal(got, e.shows) {
				t.Errorf("%s, %d: shows %v, want %v", test.name, i, got, e.shows)
			}
		}
	}
}

// TestHeldIsBounded: more than maxHeld are not held.
func TestHeldIsBounded(t *testing.T) {
	s, shown := new(Stream), 0
	for n := range uint64(3 * maxHeld) {
		sequence := uint64(noon.UnixMicro()) + 2*n
		s.Take(sequence-1, sequence, func(uint64) bool { return false }, noon)
		shown += len(s.Ready(noon))
		if len(s.held) > maxHeld {
			t.Fatalf("%d are held", len(s.held))
		}
	}
	if shown != 2*maxHeld {
		t.Errorf("%d were shown", shown)
	}
}

// TestForgotten: nothing is taken that may have been forgotten.
func TestForgotten(t *testing.T) {
	floor := uint64(noon.UnixMicro())
	s := &Stream{floor: floor}
	none := func(uint64) bool { return false }
	if v := s.Take(0, floor, none, noon); v != Old {
		t.Errorf("what was forgotten is %v", v)
	}
	if v := s.Take(floor, floor+1, none, noon); v != Next {
		t.Errorf("what follows is %v", v)
	}
}
