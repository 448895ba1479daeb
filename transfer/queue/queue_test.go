package queue

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/transfer"
)

// desk is a queue with a clock, and a conversation with it.
type desk struct {
	t *testing.T
	*Queue
	now     time.Time
	granted map[*Place]bool // held questions that were given a slot
}

func open(t *testing.T, cfg Config) *desk {
	t.Helper()
	n := uint64(0)
	cfg.NewID = func() (id ID) {
		n++
		binary.BigEndian.PutUint64(id[:], n)
		return id
	}
	return &desk{t: t, Queue: New(cfg), now: time.Unix(1e9, 0), granted: map[*Place]bool{}}
}

func host(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

func large(name string) transfer.File { return transfer.File{Name: name, Size: 1 << 30} }

// advance lets time pass, and gives what is free.
func (d *desk) advance(dur time.Duration) {
	d.now = d.now.Add(dur)
	for _, p := range d.Advance(d.now) {
		d.granted[p] = true
	}
}

func (d *desk) ask(r Request) Answer {
	d.advance(0)
	a := d.Ask(d.now, r)
	d.advance(0)
	return a
}

func (d *desk) from(n int) Answer { return d.ask(Request{Addr: host(n), File: large("f")}) }

func (d *desk) done(t Turn) {
	d.Done(d.now, t)
	d.advance(0)
}

func (d *desk) wantGranted(a Answer) Turn {
	d.t.Helper()
	if !a.Granted {
		d.t.Fatalf("not granted: %+v", a)
	}
	return a.Turn
}

func (d *desk) wantHeld(a Answer) *Place {
	d.t.Helper()
	if a.Held == nil {
		d.t.Fatalf("not held: %+v", a)
	}
	return a.Held
}

func TestLine(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1})
	first := d.wantGranted(d.from(1))
	second, third := d.wantHeld(d.from(2)), d.wantHeld(d.from(3))

	// The first goes on with its next range, though others wait.
	d.done(first)
	d.advance(leaseTime / 2)
	first = d.wantGranted(d.from(1))
	d.done(first)

	// It does not come back: the second is next, and was waiting.
	d.advance(leaseTime)
	if !d.granted[second] || d.granted[third] {
		t.Fatalf("granted %v", d.granted)
	}

	// The third is told its place and comes again with it; another newcomer is behind it.
	n, why := d.Leave(d.now, third)
	if n.Position != 1 || n.Length != 1 || n.Retry != heldRetry || n.Lifetime <= n.Retry || n.ETA <= 0 || why != Full {
		t.Fatalf("notice %+v, %v", n, why)
	}
	fourth := d.wantHeld(d.from(4))
	d.advance(n.Retry)
	again := d.wantHeld(d.ask(Request{Addr: host(3), File: large("another")}))
	if again != third {
		t.Fatal("a place is the host's, whatever it asks for")
	}
	d.done(second.Turn())
	d.Release(d.now, host(2)) // it hangs up
	d.advance(0)
	if !d.granted[third] || d.granted[fourth] {
		t.Fatalf("granted %v", d.granted)
	}
}

func TestNobodyReserves(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1})
	turn := d.wantGranted(d.from(1))
	absent := d.wantHeld(d.from(2))
	d.Leave(d.now, absent)
	waiting := d.wantHeld(d.from(3))
	d.done(turn)
	d.Release(d.now, host(1))
	d.advance(0)
	if !d.granted[waiting] {
		t.Error("the slot waits for one who is away")
	}
	d.advance(heldRetry + graceTime + 1)
	if d.from(9); len(d.Waiting()) != 1 {
		t.Errorf("%d places in line, one of them of somebody who did not come back", len(d.Waiting())-1)
	}
}

func TestLongLine(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1000})
	d.wantGranted(d.from(0))
	last := time.Duration(0)
	for i := range maxPlaces {
		a := d.from(1 + i)
		if i < heldPlaces {
			d.wantHeld(a)
			continue
		}
		if a.Notice.Position != i+1 || a.Notice.Retry < last || a.Notice.Retry > maxRetry || a.Why != Full {
			t.Fatalf("place %d: %+v", i+1, a)
		}
		last = a.Notice.Retry
	}
	if a := d.from(5000); a.Why != LineFull || a.Notice.Position != 0 || a.Notice.Retry == 0 {
		t.Errorf("beyond the end: %+v", a)
	}
}

func TestEarlyGainsNothing(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1000})
	turn := d.wantGranted(d.from(0))
	for i := range heldPlaces + 2 {
		d.from(1 + i)
	}
	if a := d.from(1 + heldPlaces); a.Granted || a.Held != nil || a.Notice.Position != heldPlaces+1 {
		t.Errorf("too early: %+v", a)
	}
	// Not even when a slot is free and nobody is there to take it.
	for _, p := range d.Waiting() {
		d.Leave(d.now, p)
	}
	d.done(turn)
	d.Release(d.now, host(0))
	if a := d.from(1); a.Granted || a.Notice.Position != 1 {
		t.Errorf("early, and granted: %+v", a)
	}
	if a := d.from(7000); a.Granted {
		t.Errorf("a newcomer goes before the line: %+v", a)
	}
	d.advance(heldRetry)
	d.wantGranted(d.from(2))
}

func TestSharesOfHostsAndNetworks(t *testing.T) {
	d := open(t, Config{Slots: 8, PerHost: 2, PerNetwork: 3})
	of := func(addr, file string) Answer {
		return d.ask(Request{Addr: netip.MustParseAddr(addr), File: large(file)})
	}
	for _, step := range []struct {
		addr, file string
		why        Why
	}{
		{"198.51.100.1", "a", Free}, {"198.51.100.1", "b", Free}, {"198.51.100.1", "c", HostFull},
		{"::ffff:198.51.100.1", "d", HostFull}, {"198.51.100.2", "a", Free}, {"198.51.100.3", "a", NetworkFull},
		{"198.51.101.3", "a", Free},
		{"2001:db8::1", "a", Free}, {"2001:db8:0:ff::1", "a", Free}, {"2001:db8:0:ff::1", "b", HostFull},
		{"2001:db8:0:100::1", "a", Free}, {"2001:db8:0:200::1", "a", NetworkFull},
		{"127.0.0.1", "a", Free}, {"127.0.0.2", "a", Full},
	} {
		if a := of(step.addr, step.file); a.Why != step.why || a.Granted != (step.why == Free) {
			t.Errorf("%s for %s: %+v, want %v", step.addr, step.file, a, step.why)
		}
	}
	// Who waits for his own share keeps nobody from a slot.
	d.Done(d.now, Turn{host: HostOf(netip.MustParseAddr("127.0.0.1"))})
	d.Release(d.now, netip.MustParseAddr("127.0.0.1"))
	d.advance(0)
	granted := 0
	for p := range d.granted {
		granted++
		if p.Addr != netip.MustParseAddr("127.0.0.2") {
			t.Errorf("%v was granted a slot", p.Addr)
		}
	}
	if granted != 1 {
		t.Errorf("%d granted", granted)
	}
	for i := range maxNetworkPlaces + 1 {
		a := of(fmt.Sprintf("203.0.113.%d", i), "a")
		if full := i == maxNetworkPlaces; (a.Why == LineFull) != full {
			t.Errorf("place %d of one network: %+v", i+1, a)
		}
	}
	waiting := len(d.Waiting())
	if a := of("203.0.113.5", "b"); len(d.Waiting()) != waiting || a.Granted {
		t.Errorf("a host has two places: %+v", a)
	}
}

// TestOwnShare: who waited for his own share, and has it, is in line no more.
func TestOwnShare(t *testing.T) {
	d := open(t, Config{Slots: 2, PerHost: 1, PerNetwork: 1})
	turn := d.wantGranted(d.from(1))
	second := d.wantHeld(d.from(1))
	n, why := d.Leave(d.now, second)
	if why != HostFull {
		t.Errorf("it waits for %v", why)
	}
	d.done(turn)
	d.advance(n.Retry)
	d.wantGranted(d.from(1))
	if len(d.Waiting()) != 0 {
		t.Errorf("%d wait", len(d.Waiting()))
	}
}

func TestTurns(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1})
	turn := d.wantGranted(d.from(1))
	d.advance(3 * TurnTime)
	if d.Over(d.now, turn) {
		t.Error("a turn is over though nobody waits")
	}
	d.done(turn)
	turn = d.wantGranted(d.from(1))
	waiting := d.wantHeld(d.from(2))
	if !d.Over(d.now, turn) {
		t.Error("a turn lasts for ever")
	}
	d.done(turn)
	again := d.from(1)
	if again.Held == nil || again.Why != TurnOver || !d.granted[waiting] {
		t.Errorf("after its turn: %+v", again)
	}
}

func TestLane(t *testing.T) {
	small := transfer.File{Name: "small", Size: SmallFile}
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1, Lane: 2})
	d.wantGranted(d.from(1))
	var turns []Turn
	for n := range 2 {
		turns = append(turns, d.wantGranted(d.ask(Request{Addr: host(2 + n), File: small})))
	}
	waiting := d.wantHeld(d.ask(Request{Addr: host(4), File: small}))
	d.wantHeld(d.ask(Request{Addr: host(2), File: transfer.File{Name: "other", Size: 1}}))
	d.done(turns[1])
	if !d.granted[waiting] {
		t.Error("the lane has room, and a small file waits")
	}
	if d.from(5).Granted {
		t.Error("a large file in the lane")
	}
}

// TestLent: a free slot is lent to whoever asks for something short, for one answer
// at a time, when the line is long and nobody of it is there.
func TestLent(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1000})
	short := func(n int) Answer { return d.ask(Request{Addr: host(n), File: large("f"), Short: true}) }
	end := func(turn Turn, n int) {
		d.done(turn)
		d.Release(d.now, host(n))
		d.advance(0)
	}
	turn := d.wantGranted(d.from(1))
	var absent *Place
	for i := range heldPlaces {
		p := d.wantHeld(d.from(100 + i))
		if i == 0 {
			absent = p
		}
	}
	for _, p := range d.Waiting() {
		d.Leave(d.now, p)
	}
	end(turn, 1)

	if a := d.from(3); a.Granted || a.Held != nil {
		t.Fatalf("lent for long: %+v", a)
	}
	d.done(d.wantGranted(short(4)))
	turn = d.wantGranted(short(4)) // and nobody came
	d.advance(heldRetry)
	d.wantHeld(d.from(100))
	d.done(turn)
	if a := short(4); a.Granted || a.Held != nil || a.Why != TurnOver || !d.granted[absent] {
		t.Fatalf("it keeps the slot: %+v", a)
	}
	end(absent.Turn(), 100)

	d.done(d.wantGranted(short(5)))
	if a := d.from(5); a.Granted || a.Held != nil || a.Why != TurnOver {
		t.Errorf("lent for something short, used for long: %+v", a)
	}
}

// TestShortTurns: those in line ask again sooner when turns are short.
func TestShortTurns(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 1, PerNetwork: 1000})
	last := func() time.Duration {
		for i := range heldPlaces {
			d.from(100 + i)
		}
		n := d.from(200).Notice
		for _, p := range slices.Clone(d.Waiting()) {
			p.held, p.expires = false, time.Time{}
		}
		if n.Position != heldPlaces+1 {
			t.Fatalf("notice %+v", n)
		}
		return n.Retry
	}
	turn := d.wantGranted(d.from(1))
	before := last()
	for range 20 {
		d.advance(time.Second)
		d.done(turn)
		d.Release(d.now, host(1))
		turn = d.wantGranted(d.from(1))
	}
	if after := last(); before != firstRetry+heldPlaces*nextRetry || after < heldRetry || after > 2*(heldPlaces+1)*time.Second {
		t.Errorf("to ask again after %v, and %v when turns take a second", before, after)
	}
}
