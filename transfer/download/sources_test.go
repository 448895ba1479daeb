package download

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/transfer"
)

// step is one event and what is expected after it.
type step struct {
	at   time.Duration // since the start
	do   func(s *sources, now time.Time)
	want string // name of the source to ask, "" for nobody
	// If nobody:
	until  time.Duration // 0: no time is known
	reason string
	over   bool // the file is to be emptied first
}

func src(name byte) transfer.Source {
	return transfer.Source{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, name}), 6346)}
}

func named(s *sources, name byte) *source {
	for _, known := range s.list {
		if keyOf(known.Source) == keyOf(src(name)) {
			return known
		}
	}
	return nil
}

func add(names ...byte) func(*sources, time.Time) {
	return func(s *sources, _ time.Time) {
		for _, name := range names {
			s.add(src(name))
			named(s, name).tie = uint64(name) // so that they are tried in order
		}
	}
}

func gave(name byte, n int64) func(*sources, time.Time) {
	return func(s *sources, _ time.Time) { s.gave(named(s, name), n) }
}

func wasted(name byte, n int64) func(*sources, time.Time) {
	return func(s *sources, _ time.Time) { named(s, name).wasted += n }
}

func working(name byte, is bool) func(*sources, time.Time) {
	return func(s *sources, _ time.Time) { named(s, name).working = is }
}

func quiet(name byte, is bool) func(*sources, time.Time) {
	return func(s *sources, _ time.Time) { named(s, name).quiet = is }
}

func refused(name byte, v verdict, after time.Duration) func(*sources, time.Time) {
	return func(s *sources, now time.Time) {
		s.refused(named(s, name), &refusal{verdict: v, after: after, err: errors.New("said no")}, now)
	}
}

func condemn(left bool) func(*sources, time.Time) {
	return func(s *sources, _ time.Time) {
		if s.condemn() != left {
			panic("condemn: somebody is left: " + map[bool]string{true: "no", false: "yes"}[left])
		}
	}
}

func clear(s *sources, _ time.Time) { s.clear() }

func inherit(n int64) func(*sources, time.Time) {
	return func(s *sources, _ time.Time) { s.inherited = n }
}

func TestSources(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"nobody", []step{
			{do: add(), reason: "no source"},
		}},
		{"one after the other", []step{
			{do: add(1, 2, 3), want: "1"},
			{do: refused(1, gone, 0), want: "2"},
			{do: refused(2, lied, 0), want: "3"},
			{do: refused(3, gone, 0), reason: "no source left; the last: 203.0.113.3:6346: said no"},
		}},
		{"who gave is asked again, before who did not", []step{
			{do: add(2), want: "2"},
			{do: gave(2, 10), want: "2"},
			{do: add(1), want: "2"},
			{do: refused(2, failed, 0), want: "1"},
		}},
		{"busy: others meanwhile, then again", []step{
			{do: add(1, 2), want: "1"},
			{do: refused(1, busy, 60*second), want: "2"},
			{at: 1 * second, do: refused(2, busy, 10*second), until: 11 * second, reason: "203.0.113.2:6346: said no"},
			{at: 11 * second, do: add(), want: "2"},
			{at: 12 * second, do: refused(2, busy, 300*second), until: 60 * second, reason: "203.0.113.1:6346: said no"},
			{at: 60 * second, do: add(), want: "1"},
		}},
		{"failures rest longer and longer", []step{
			{do: add(1), want: "1"},
			{do: refused(1, failed, 0), until: 5 * second},
			{at: 5 * second, do: refused(1, failed, 0), until: 15 * second},
			{at: 15 * second, do: refused(1, failed, 0), until: 35 * second},
			{at: 35 * second, do: gave(1, 1), want: "1"}, // a byte makes up for it
			{at: 35 * second, do: refused(1, failed, 0), until: 40 * second},
		}},
		{"who failed for us is asked again at once, who does not have it is not", []step{
			{do: add(1, 2, 3, 4), want: "1"},
			{do: refused(1, gone, 0), want: "2"},
			{do: refused(2, lied, 0), want: "3"},
			{do: refused(3, busy, 60*second), want: "4"},
			{do: refused(4, failed, 0), until: 5 * second},
			{at: 5 * second, do: refused(4, failed, 0), until: 15 * second},
			{at: 6 * second, do: func(s *sources, _ time.Time) { s.retry() }, want: "4"},
			{at: 6 * second, do: refused(4, failed, 0), until: 11 * second},
		}},
		{"who wastes more than its share is not asked while another is at work", []step{
			{do: add(1, 2, 3), want: "1"},
			{do: gave(1, 160), want: "1"},
			{do: wasted(1, 10), want: "1"},
			{do: wasted(1, 1), want: "2"},
			{do: wasted(2, 1), want: "3"},
			{do: working(3, true), reason: "no source"},
			{do: quiet(3, true), want: "1"},
			{do: quiet(3, false), reason: "no source"},
			{do: gave(1, 16), want: "1"},
			{do: wasted(1, 1), reason: "no source"},
			{do: working(3, false), want: "3"},
			{do: refused(3, failed, 0), want: "1"},
			{do: working(1, true), want: "2"}, // it is no better
		}},
		{"who failed comes after who did not", []step{
			{do: add(1), want: "1"},
			{do: refused(1, failed, 0), until: 5 * second},
			{at: 6 * second, do: add(), want: "1"},
			{at: 6 * second, do: add(2), want: "2"},
		}},
		{"announced again: gone gets another try after a rest, a liar none", []step{
			{do: add(1, 2), want: "1"},
			{do: refused(1, lied, 0), want: "2"},
			{do: refused(2, gone, 0), reason: "no source left; the last: 203.0.113.2:6346: said no"},
			{do: add(1, 2), until: maxBackoff, reason: "203.0.113.2:6346: said no"},
			{at: maxBackoff, do: add(), want: "2"},
		}},
		{"wrong bytes of one: it lied", []step{
			{do: add(1, 2), want: "1"},
			{do: gave(1, 100), want: "1"},
			{do: condemn(true), want: "2"},
			{do: gave(2, 100), want: "2"},
			{do: condemn(false), reason: "no source left; the last: 203.0.113.2:6346: sent a file with another SHA-1"},
		}},
		{"wrong bytes of two: each alone", []step{
			{do: add(1, 2, 3), want: "1"},
			{do: gave(1, 50), want: "1"},
			{do: gave(2, 50), want: "1"},
			{do: condemn(true), want: "1"},
			{do: gave(1, 60), want: "1"},
			{do: refused(1, failed, 0), until: 5 * second, reason: "203.0.113.1:6346: said no"}, // 2 waits its turn
			{at: 5 * second, do: add(), want: "1"},
			{at: 5 * second, do: refused(1, gone, 0), want: "2", over: true},
			{at: 5 * second, do: add(), want: "2", over: true}, // until it was done
			{at: 5 * second, do: clear, want: "2"},
			{at: 5 * second, do: gave(2, 100), want: "2"},
			{at: 5 * second, do: condemn(true), want: "3"},
		}},
		{"wrong bytes, some from before the start: each alone", []step{
			{do: inherit(50), reason: "no source"},
			{do: add(1), want: "1"},
			{do: gave(1, 50), want: "1"},
			{do: condemn(true), want: "1"},
			{do: gave(1, 100), want: "1"},
			{do: condemn(false), reason: "no source left; the last: 203.0.113.1:6346: sent a file with another SHA-1"},
		}},
		{"alone, a source is not waited for for ever", []step{
			{do: inherit(50), reason: "no source"},
			{do: add(1, 2), want: "1"},
			{do: condemn(true), want: "1"},
			{at: 1 * second, do: refused(1, busy, second), until: 2 * second},
			{at: 2 * second, do: refused(1, busy, second), until: 3 * second},
			{at: 3 * second, do: refused(1, busy, second), until: 4 * second},
			{at: 4 * second, do: refused(1, busy, second), until: 5 * second},
			{at: 5 * second, do: refused(1, busy, second), until: 6 * second},
			{at: 6 * second, do: refused(1, busy, second), until: 7 * second},
			{at: 7 * second, do: refused(1, busy, second), until: 8 * second},
			{at: 8 * second, do: refused(1, busy, second), want: "2"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
			s := &sources{rng: rand.New(rand.NewPCG(1, 2))}
			for i, step := range c.steps {
				now := begin.Add(step.at)
				step.do(s, now)
				got := s.next(now)
				name, until := "", time.Duration(0)
				if got.source != nil {
					name = strings.TrimSuffix(strings.TrimPrefix(got.source.name(), "203.0.113."), ":6346")
				}
				if !got.until.IsZero() {
					until = got.until.Sub(begin)
				}
				if name != step.want || until != step.until || got.startOver != step.over || step.reason != "" && got.reason != step.reason {
					t.Fatalf("step %d: ask %q (start over: %v), or wait until %v for %q; want %+v", i+1, name, got.startOver, until, got.reason, step)
				}
			}
		})
	}
}

// TestSourcesCap: a new source takes the place of one that was dropped, but
// never that of a liar, of one that may still be asked, or of one whose bytes
// are in the file.
func TestSourcesCap(t *testing.T) {
	s := &sources{rng: rand.New(rand.NewPCG(1, 2))}
	numbered := func(i int) transfer.Source { return transfer.Source{Servent: [16]byte{byte(i >> 8), byte(i)}} }
	for i := range MaxSources {
		if !s.add(numbered(i)) {
			t.Fatalf("source %d refused", i+1)
		}
	}
	if s.add(numbered(MaxSources)) || s.usable() != MaxSources {
		t.Fatalf("source %d taken", MaxSources+1)
	}
	if s.add(numbered(0)) {
		t.Fatal("a known source is new")
	}
	s.refused(s.list[3], refuse(lied, "no"), time.Time{})
	s.gave(s.list[4], 1)
	s.refused(s.list[4], refuse(gone, "no"), time.Time{})
	if s.add(numbered(MaxSources)) {
		t.Fatal("a liar or a contributor was forgotten")
	}
	s.refused(s.list[5], refuse(gone, "no"), time.Time{})
	if !s.add(numbered(MaxSources)) || len(s.list) != MaxSources || s.usable() != MaxSources-2 {
		t.Fatalf("%d sources, %d usable", len(s.list), s.usable())
	}
}

func TestMeter(t *testing.T) {
	begin := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	var m meter
	if r := m.rate(at(0)); r != 0 {
		t.Errorf("rate at the start %d", r)
	}
	for i := range 300 { // 1000 B/s for 30 s
		m.add(at(float64(i)/10), 100)
		if i > 20 {
			if r := m.rate(at(float64(i) / 10)); r < 900 || r > 1100 {
				t.Fatalf("rate after %.1f s is %d, want 1000", float64(i)/10, r)
			}
		}
	}
	if r := m.rate(at(35)); r < 400 || r > 600 {
		t.Errorf("5 s after the end the rate is %d", r)
	}
	if r := m.rate(at(41)); r != 0 {
		t.Errorf("11 s after the end the rate is %d", r)
	}
	m.add(at(1e6), 5000)
	if r := m.rate(at(1e6)); r < 400 || r > 600 {
		t.Errorf("after a long pause the rate is %d", r)
	}
	m.add(at(1e6-100), 5000) // a clock that steps back does no harm
	if r := m.rate(at(1e6)); r < 800 || r > 1100 {
		t.Errorf("after a step back the rate is %d", r)
	}
}

func TestETA(t *testing.T) {
	for _, c := range []struct {
		missing, rate int64
		want          time.Duration
	}{
		{1000, 0, 0},
		{0, 1000, 0},
		{1000, 100, 10 * time.Second},
		{1 << 62, 1, 1000 * time.Hour},
	} {
		if got := eta(c.missing, c.rate); got != c.want {
			t.Errorf("eta(%d, %d) = %v, want %v", c.missing, c.rate, got, c.want)
		}
	}
}

func TestStrings(t *testing.T) {
	for state := Queued; state <= Cancelled+1; state++ {
		if s := state.String(); s == "" || strings.HasPrefix(s, "State(") != (state > Cancelled) {
			t.Errorf("state %d is %q", state, s)
		}
	}
	for v := busy; v <= lied+1; v++ {
		if s := v.String(); s == "" || strings.HasPrefix(s, "verdict(") != (v > lied) {
			t.Errorf("verdict %d is %q", v, s)
		}
	}
}

// TestDryWait: a source that chooses and has nothing yet is asked again soon, then ever
// less often, until it gave something.
func TestDryWait(t *testing.T) {
	s := &sources{}
	src := &source{}
	if w := src.dryWait(); w != partWait {
		t.Errorf("one that does not choose rests for %v", w)
	}
	src.chooses = true
	for range 2 {
		for _, want := range []time.Duration{firstPartWait, 2 * firstPartWait, 4 * firstPartWait, 8 * firstPartWait, partWait, partWait} {
			if w := src.dryWait(); w != want {
				t.Errorf("it rests for %v, want %v", w, want)
			}
		}
		for range 100 {
			src.dryWait()
		}
		if w := src.dryWait(); w != partWait {
			t.Errorf("it rests for %v in the end", w)
		}
		s.gave(src, 1)
	}
}
