package guess

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"filbert/overlay/wire"
)

var (
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	query = wire.GUID{0: 7, 8: 0xff}
)

func at(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{20, byte(i >> 8), byte(i), 1}), 7000)
}

// drain takes all steps of this instant.
func drain(a *Asker, now time.Time) (out []Step) {
	for {
		s, ok := a.Next(now)
		if !ok {
			return out
		}
		out = append(out, s)
	}
}

func (s Step) String() string {
	if s.Query.IsZero() {
		return fmt.Sprintf("key of %v", s.To)
	}
	return fmt.Sprintf("ask %v with %q", s.To, s.Key)
}

func want(t *testing.T, got []Step, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("steps %v, want %v", got, want)
	}
}

// TestConversation asks one host: for a key, then the query, once.
func TestConversation(t *testing.T) {
	var a Asker
	now := start
	if !a.Learn(at(1)) || !a.Begin(now, query) {
		t.Fatal("no room")
	}
	want(t, drain(&a, now), "key of 20.0.1.1:7000")
	if due := a.Due(); !due.IsZero() {
		t.Errorf("due at %v with nothing to do", due)
	}
	now = now.Add(time.Second)
	a.Key(now, at(1), []byte("k1"))
	if due := a.Due(); due.IsZero() || due.After(now) {
		t.Errorf("due at %v", due)
	}
	if a.Asked(query, at(1)) || a.Acked(query, at(1)) {
		t.Error("asked too early")
	}
	want(t, drain(&a, now), `ask 20.0.1.1:7000 with "k1"`)
	if !a.Acked(query, at(1)) || a.Acked(wire.GUID{}, at(1)) || a.Acked(query, at(2)) {
		t.Error("acknowledgements")
	}
	a.Acked(query, at(1)) // repeated
	a.Results(query, 3)
	if p := a.Progress(query); p != (Progress{Asked: 1, Acked: 1, Results: 3}) {
		t.Errorf("progress %+v", p)
	}
	want(t, drain(&a, now.Add(time.Minute)))
	a.End(query)
	if a.Asked(query, at(1)) || a.Progress(query) != (Progress{}) {
		t.Error("a search that is over asks on")
	}
}

// TestPace holds the time between queries and their number at once.
func TestPace(t *testing.T) {
	var a Asker
	now := start
	for i := range 300 {
		a.Learn(at(i))
		a.Key(now, at(i), []byte("k"))
	}
	a.Begin(now, query)
	var last time.Time
	waiting, asked := 0, 0
	for range 40_000 {
		for _, s := range drain(&a, now) {
			if s.Query.IsZero() {
				continue
			}
			gap, least := now.Sub(last), slowPace
			if asked >= slow {
				least = fastPace
			}
			if !last.IsZero() && gap < least {
				t.Fatalf("query %d after %v", asked+1, gap)
			}
			last = now
			asked++
			waiting++
			if asked > 5 && asked <= 200 { // the first five never answer
				a.Acked(query, s.To)
				waiting--
			}
			if most := a.search(query).atOnce(); waiting > most {
				t.Fatalf("%d at once, %d are allowed", waiting, most)
			}
		}
		if asked == fewAtOnce && waiting == fewAtOnce && now.Sub(start) < timeout {
			now = start.Add(timeout) // only that frees the first
			waiting = 0
		}
		now = now.Add(time.Millisecond)
	}
	if asked < 250 {
		t.Errorf("%d hosts were asked", asked)
	}
}

// TestTimeouts forgets a host that never answers, and asks for keys once a
// minute.
func TestTimeouts(t *testing.T) {
	var a Asker
	a.Learn(at(1))
	a.Begin(start, query)
	var asked []time.Duration
	for now := start; now.Before(start.Add(time.Hour)); now = now.Add(time.Second) {
		for range drain(&a, now) {
			asked = append(asked, now.Sub(start))
		}
	}
	if len(asked) != maxTimeouts || len(a.hosts) != 0 {
		t.Errorf("asked after %v, %d hosts are known", asked, len(a.hosts))
	}
	for i := 1; i < len(asked); i++ {
		if asked[i]-asked[i-1] < keyPause {
			t.Errorf("asked after %v", asked)
		}
	}
}

// TestNoGUESS forgets who has no key to give.
func TestNoGUESS(t *testing.T) {
	var a Asker
	a.Learn(at(1))
	a.Begin(start, query)
	drain(&a, start)
	a.Key(start, at(1), nil)
	a.Key(start, at(2), []byte("k"))
	if len(a.hosts) != 0 {
		t.Errorf("%d hosts are known", len(a.hosts))
	}
}

// TestKeysExpire asks for a new key when the old one is too old, and keeps links
// alive meanwhile.
func TestKeysExpire(t *testing.T) {
	var a Asker
	for i := range links + 5 {
		a.Learn(at(i))
		a.Key(start, at(i), []byte("k"))
	}
	if n := len(drain(&a, start.Add(alivePause))); n != links {
		t.Errorf("%d hosts are kept alive", n)
	}
	later := start.Add(keyLifetime)
	a.Begin(later, query)
	for _, s := range drain(&a, later) {
		if !s.Query.IsZero() {
			t.Errorf("a key outlived its time: %v", s)
		}
	}
}

// TestKnown tells only of hosts that spoke to us.
func TestKnown(t *testing.T) {
	var a Asker
	for i := range 4 {
		a.Learn(at(i))
	}
	a.Key(start, at(1), []byte("k"))
	a.Introduced(start, at(7))
	a.Introduced(start.Add(time.Minute), at(8))
	if got := a.Known(start, 2); fmt.Sprint(got) != fmt.Sprint([]netip.AddrPort{at(8), at(7)}) {
		t.Errorf("told of %v", got)
	}
	if got := a.Known(start, 10); len(got) != 3 {
		t.Errorf("told of %v", got)
	}
	if got := a.Known(start.Add(freshFor), 10); fmt.Sprint(got) != fmt.Sprint([]netip.AddrPort{at(8)}) {
		t.Errorf("told of %v after %v", got, freshFor)
	}
}

func TestEnough(t *testing.T) {
	var a Asker
	a.Learn(at(1))
	a.Key(start, at(1), []byte("k"))
	a.Begin(start, query)
	if !a.Results(query, enough) || a.Results(wire.GUID{}, 1) {
		t.Error("the results of a search are not taken, or those of none are")
	}
	want(t, drain(&a, start))
	if !a.Due().IsZero() {
		t.Error("due with enough results")
	}
	if !a.Results(query, enough) || a.Results(query, 1) {
		t.Error("late results are not taken, or taken for ever")
	}
}

func TestBounds(t *testing.T) {
	var a Asker
	for i := range maxHosts {
		if !a.Learn(at(i)) {
			t.Fatalf("host %d was refused", i)
		}
	}
	if a.Learn(at(maxHosts)) || len(a.hosts) != maxHosts {
		t.Error("a host above the limit was taken")
	}
	a.hosts[3].timeouts = 1
	if !a.Learn(at(maxHosts)) || len(a.hosts) != maxHosts {
		t.Error("a host that does not answer gives no way")
	}
	var b Asker
	for i := range perNet + 1 {
		same := netip.AddrPortFrom(netip.AddrFrom4([4]byte{20, 1, 1, byte(i)}), 7000)
		if got := b.Learn(same); got != (i < perNet) {
			t.Errorf("host %d of one /24: %v", i+1, got)
		}
		if !b.Learn(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(7000+i))) {
			t.Errorf("host %d of a laboratory was refused", i+1)
		}
	}
	for i := range MaxSearches + 1 {
		if got := b.Begin(start, wire.GUID{0: byte(i + 1)}); got != (i < MaxSearches) {
			t.Errorf("search %d: %v", i+1, got)
		}
	}
	s := &search{asked: map[netip.AddrPort]struct{}{}}
	for i := range maxAsked {
		s.asked[netip.AddrPortFrom(at(i).Addr(), uint16(i))] = struct{}{}
	}
	if !s.over() {
		t.Error("a search asks for ever")
	}
}
