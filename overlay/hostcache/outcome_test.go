package hostcache

import (
	"net/netip"
	"testing"
	"time"
)

// pauses fails a host again and again as soon as it is due, and returns how long
// each back-off lasted.
func pauses(t *testing.T, c *Cache, addr netip.AddrPort, code, n int) (all []time.Duration) {
	t.Helper()
	now := epoch
	for range n {
		got, ok := c.Pick(now, nobody, nil)
		if !ok || got != addr {
			t.Fatalf("after %v: picked %v %v", all, got, ok)
		}
		c.Attempt(now, addr)
		c.Failed(now, addr, code)
		due, ok := c.NextAttempt(now, nobody)
		if !ok {
			t.Fatal("no next attempt")
		}
		if early, ok := c.Pick(due.Add(-time.Nanosecond), nobody, nil); ok {
			t.Fatalf("after %v: %v was picked before its time", all, early)
		}
		all = append(all, due.Sub(now))
		now = due
	}
	return all
}

func TestBackOff(t *testing.T) {
	const global, local = "5.6.7.8", "127.0.0.1"
	for _, c := range []struct {
		what   string
		addr   string
		source Source
		code   int
		want   []time.Duration // without the random part
	}{
		{"no answer", global, FromSaved, 0, []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute,
			80 * time.Minute, 160 * time.Minute, 320 * time.Minute, 8 * time.Hour, 8 * time.Hour}},
		{"busy", global, FromSaved, 503, []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute, 30 * time.Minute}},
		{"closed without reproach", global, FromSaved, 200, []time.Duration{5 * time.Minute, 10 * time.Minute}},
		{"a shielded leaf", global, FromSaved, 204, []time.Duration{15 * time.Minute, 30 * time.Minute}},
		{"refused", global, FromSaved, 403, []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}},
		{"linked already", global, FromSaved, 409, []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute}},
		{"banned", global, FromSaved, 429, []time.Duration{time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour}},
		{"local, no answer", local, FromSaved, 0, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}},
		{"local, busy", local, FromSaved, 503, []time.Duration{2 * time.Second, 4 * time.Second}},
		{"local, banned", local, FromSaved, 429, []time.Duration{time.Hour}},
		{"private, no answer", "10.1.2.3", FromSaved, 0, []time.Duration{2 * time.Second, 4 * time.Second}},
		{"seed, no answer", global, FromSeed, 0, []time.Duration{time.Minute, time.Minute, time.Minute}},
		{"seed, banned", global, FromSeed, 429, []time.Duration{time.Minute, time.Minute}},
		{"local seed", local, FromUser, 0, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second}},
	} {
		cache := newCache(1)
		cache.Add(epoch, host(c.addr), netip.Addr{}, c.source)
		for i, got := range pauses(t, cache, host(c.addr), c.code, len(c.want)) {
			most := c.want[i] + c.want[i]/jitterShare
			if c.source.pins() {
				most = min(most, pinnedMost)
			}
			if got < c.want[i] || got > most {
				t.Errorf("%s: pause %d is %v, want %v to %v", c.what, i+1, got, c.want[i], most)
			}
		}
	}
}

// TestNamingEndsBackOff: a host that the user names is due at once, whatever
// became of it before, also in a life before this one.
func TestNamingEndsBackOff(t *testing.T) {
	for _, source := range []Source{FromUser, FromSeed} {
		for _, before := range []Source{FromSaved, FromSeed} {
			c, addr := newCache(1), host("5.6.7.8")
			c.Add(epoch, addr, netip.Addr{}, before)
			c.Attempt(epoch, addr)
			c.Failed(epoch, addr, 429)
			if at, ok := c.NextAttempt(epoch, nobody); !ok || !at.After(epoch) {
				t.Fatalf("after a ban it is due at %v, %t", at, ok)
			}
			c.Add(epoch, addr, netip.Addr{}, source)
			if at, ok := c.NextAttempt(epoch, nobody); !ok || at.After(epoch) {
				t.Errorf("%v, then named by %v: due %v later", before, source, at.Sub(epoch))
			}
		}
	}
}

// TestRumourChangesNothing: others tell of a host as often as they like, its
// back-off stays.
func TestRumourChangesNothing(t *testing.T) {
	c, addr := newCache(1), host("5.6.7.8")
	c.Add(epoch, addr, peer("8.8.4.4"), FromPong)
	c.Attempt(epoch, addr)
	c.Failed(epoch, addr, noAnswer)
	before, _ := c.Lookup(addr)
	due, _ := c.NextAttempt(epoch, nobody)
	for i := range 1000 {
		c.Add(epoch.Add(time.Duration(i)*time.Second/10), addr, nth(90, i%256, 1).Addr(), FromTry)
	}
	after, _ := c.Lookup(addr)
	if again, _ := c.NextAttempt(epoch, nobody); before != after || !again.Equal(due) {
		t.Errorf("%+v became %+v, due %v then %v", before, after, due, again)
	}
}

func TestAttemptAloneIsAPause(t *testing.T) {
	c, addr := newCache(1), host("5.6.7.8")
	c.Add(epoch, addr, netip.Addr{}, FromSaved)
	c.Attempt(epoch, addr)
	if got, ok := c.Pick(epoch.Add(retryFirst-time.Second), nobody, nil); ok {
		t.Errorf("%v was picked again at once", got)
	}
	c.Good(epoch.Add(time.Second), addr) // a link that ends at once is not redialed at once
	if got, ok := c.Pick(epoch.Add(retryFirst), nobody, nil); ok {
		t.Errorf("%v was picked again at once", got)
	}
	if _, ok := c.Pick(epoch.Add(2*retryFirst), nobody, nil); !ok {
		t.Error("it is never due again")
	}
}

func TestGood(t *testing.T) {
	c := newCache(1)
	dialed, caller, stranger := host("5.6.7.8"), host("15.6.7.8"), host("25.6.7.8")
	c.Add(epoch, dialed, peer("8.8.4.4"), FromPong)
	c.Add(epoch, caller, caller.Addr(), FromHandshake)
	now := epoch.Add(time.Minute)
	c.Attempt(now, dialed)
	c.Failed(now, dialed, noAnswer)
	c.Attempt(now, dialed)
	for _, addr := range []netip.AddrPort{dialed, caller, stranger} {
		c.Good(now, addr)
	}
	consistent(t, c)
	if s := c.Stats(); s.Tried != 1 || s.New != 2 {
		t.Errorf("%+v: want the host we dialed tried, those that called us not", s)
	}
	if h, _ := c.Lookup(dialed); h.Failures != 0 || h.LastSuccess != now || h.LastTried != now || h.LastSeen != now {
		t.Errorf("dialed: %+v", h)
	}
	for _, addr := range []netip.AddrPort{caller, stranger} {
		if h, ok := c.Lookup(addr); !ok || !h.LastSuccess.IsZero() || h.LastSeen != now {
			t.Errorf("caller: %+v %v", h, ok)
		}
	}
	c.Good(now, host("10.0.0.1")) // a neighbor on our own network
	if _, ok := c.Lookup(host("10.0.0.1")); !ok {
		t.Error("a neighbor is not known")
	}
	// Of those unknown nothing comes.
	c.Attempt(now, host("35.6.7.8"))
	c.Failed(now, host("35.6.7.8"), noAnswer)
	if c.Len() != 4 {
		t.Errorf("%d hosts", c.Len())
	}
}

// TestFailuresOfflineCountAgainstNobody: all hosts fail for a day; the first
// that answers shows that it was us.
func TestFailuresOfflineCountAgainstNobody(t *testing.T) {
	c := newCache(1)
	for i := range 20 {
		c.Add(epoch, nth(50, i, 1), nth(90, i, 1).Addr(), FromPong)
	}
	reach(c, epoch, nth(50, 0, 1))
	failAll := func(now time.Time) {
		for i := 1; i < 20; i++ {
			c.Attempt(now, nth(50, i, 1))
			c.Failed(now, nth(50, i, 1), noAnswer)
		}
	}
	spent := func() (n int) {
		for _, e := range c.list {
			if e.spent() {
				n++
			}
		}
		return n
	}
	now := epoch
	for range 24 {
		now = now.Add(time.Hour)
		failAll(now)
	}
	if got := spent(); got != 0 {
		t.Fatalf("%d hosts given up while offline", got)
	}
	for i := range maxStrikes - 1 {
		now = now.Add(time.Hour)
		c.Good(now, nth(50, 0, 1))
		failAll(now.Add(time.Second))
		if got := spent(); i < maxStrikes-2 && got != 0 {
			t.Fatalf("%d hosts given up after %d failures", got, i+1)
		}
	}
	if got := spent(); got != 19 {
		t.Errorf("%d hosts given up after %d failures online, want 19", got, maxStrikes)
	}
	// Those that are busy are well.
	for i := 1; i < 20; i++ {
		c.Failed(now, nth(50, i, 1), codeBusy)
	}
	if got := spent(); got != 0 {
		t.Errorf("%d busy hosts given up", got)
	}
}

// TestTriedYieldsOnlyAfterItsOwnFailure fills one network's tried buckets: no
// newcomer takes the place of a host that was reached, until that host failed.
func TestTriedYieldsOnlyAfterItsOwnFailure(t *testing.T) {
	c := newCache(1)
	now := epoch
	var first []netip.AddrPort
	for i := 0; c.Stats().Tried < triedBucketsPerGroup*bucketSize; i++ {
		addr := nth(50, 1, i)
		c.Add(now, addr, nth(90, i, 1).Addr(), FromPong)
		reach(c, now, addr)
		if e := c.known[addr]; e != nil && e.table == inTried {
			first = append(first, addr)
		}
	}
	newcomers := func() {
		for i := 100; i < 200; i++ {
			c.Add(now, nth(50, 1, i), nth(90, i, 1).Addr(), FromPong)
			reach(c, now, nth(50, 1, i))
		}
		consistent(t, c)
	}
	left := func() (n int) {
		for _, addr := range first {
			if e := c.known[addr]; e != nil && e.table == inTried {
				n++
			}
		}
		return n
	}
	now = now.Add(staleTried - time.Minute)
	newcomers()
	if got := left(); got != len(first) {
		t.Fatalf("%d of %d kept their places against newcomers", got, len(first))
	}
	for _, addr := range first[:4] {
		c.Attempt(now, addr)
		c.Failed(now.Add(time.Second), addr, noAnswer)
	}
	now = now.Add(2 * time.Second)
	newcomers()
	if got := left(); got != len(first)-4 {
		t.Errorf("%d of %d kept their places, 4 had failed", got, len(first))
	}
	now = now.Add(time.Hour)
	newcomers() // the old ones are silent for four weeks now
	if got := left(); got != 0 {
		t.Errorf("%d of %d kept their places after weeks of silence", got, len(first))
	}
}

// TestRetry lets those be dialed again that did not answer while we were away, at once; not
// those that refused.
func TestRetry(t *testing.T) {
	c, silent, refuses := newCache(1), host("5.6.7.8"), host("6.7.8.9")
	for _, addr := range []netip.AddrPort{silent, refuses} {
		c.Add(epoch, addr, netip.Addr{}, FromSaved)
		c.Attempt(epoch, addr)
	}
	c.Failed(epoch, silent, noAnswer)
	c.Failed(epoch, refuses, codeBusy)
	now := epoch.Add(time.Second)
	if got, ok := c.Pick(now, nobody, nil); ok {
		t.Fatalf("%v is picked at once", got)
	}
	c.Retry(now)
	if got, ok := c.Pick(now, nobody, nil); !ok || got != silent {
		t.Errorf("picked %v, %v", got, ok)
	}
	c.Attempt(now, silent)
	if got, ok := c.Pick(now, nobody, nil); ok {
		t.Errorf("picked %v", got)
	}
	c.Good(now, silent)
	c.Retry(now)
	if got, ok := c.Pick(now, nobody, nil); ok {
		t.Errorf("%v, which answered, is picked again at once", got)
	}
}
