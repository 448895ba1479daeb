package hostcache

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// shares picks many times and returns which part of the picks fell on hosts for
// which of returns the same name.
func shares(c *Cache, outbound []netip.AddrPort, of func(netip.AddrPort) string) map[string]float64 {
	const picks = 20_000
	share := map[string]float64{}
	for range picks {
		if addr, ok := c.Pick(epoch.Add(time.Hour), nobody, outbound); ok {
			share[of(addr)] += 1.0 / picks
		}
	}
	return share
}

func firstByte(addr netip.AddrPort) string {
	a, _, _ := strings.Cut(addr.Addr().String(), ".")
	return a
}

func near(got, want float64) bool { return got > want-0.02 && got < want+0.02 }

func TestPickFromNothing(t *testing.T) {
	c := newCache(1)
	if got, ok := c.Pick(epoch, nobody, nil); ok {
		t.Errorf("picked %v", got)
	}
	if got, ok := c.NextAttempt(epoch, nobody); ok {
		t.Errorf("next attempt %v", got)
	}
	c.Add(epoch, host("5.6.7.8"), netip.Addr{}, FromSaved)
	all := func(netip.AddrPort) bool { return true }
	if got, ok := c.Pick(epoch, all, nil); ok {
		t.Errorf("picked %v, which is excluded", got)
	}
	if got, ok := c.NextAttempt(epoch, all); ok {
		t.Errorf("next attempt %v", got)
	}
	if got, ok := c.NextAttempt(epoch, nobody); !ok || !got.Equal(epoch) {
		t.Errorf("next attempt %v %v, want now", got, ok)
	}
}

// TestTriedAndNewHalfAndHalf: in networks that have both, a coin decides.
func TestTriedAndNewHalfAndHalf(t *testing.T) {
	c := newCache(1)
	for i := range 20 {
		for j := range 3 {
			addr := nth(50, i, 10*j)
			c.Add(epoch, addr, nth(90, i, j).Addr(), FromPong)
			if j == 0 {
				reach(c, epoch, addr)
			}
		}
	}
	got := shares(c, nil, func(addr netip.AddrPort) string { return fmt.Sprint(c.known[addr].table == inTried) })
	if !near(got["true"], 0.5) {
		t.Errorf("tried and new: %v, want half and half", got)
	}
}

// TestEveryNetworkCountsOnce: one network with many hosts is picked as often as
// one with a single host.
func TestEveryNetworkCountsOnce(t *testing.T) {
	for _, tried := range []bool{true, false} {
		c := newCache(1)
		now := epoch
		for i := range 10 {
			n := 1
			if i == 0 {
				n = 200
			}
			for j := range n {
				addr := nth(50+i, 1, j)
				c.Add(now, addr, nth(90, j, 1).Addr(), FromPong)
				if tried {
					reach(c, now, addr)
				}
			}
		}
		got := shares(c, nil, firstByte)
		for i := range 10 {
			if name := fmt.Sprint(50 + i); !near(got[name], 0.1) {
				t.Errorf("tried %v: network %s has %.3f of the picks, want 0.1", tried, name, got[name])
			}
		}
	}
}

func TestNetworksInUseComeLast(t *testing.T) {
	c := newCache(1)
	for i := range 10 {
		for j := range 4 {
			c.Add(epoch, nth(50, i, j), nth(90, i, j).Addr(), FromPong)
		}
	}
	var outbound []netip.AddrPort
	exclude := func(addr netip.AddrPort) bool { return slices.Contains(outbound, addr) }
	for range 40 {
		addr, ok := c.Pick(epoch, exclude, outbound)
		if !ok {
			t.Fatalf("nobody after %v", outbound)
		}
		inUse := slices.ContainsFunc(outbound, func(o netip.AddrPort) bool { return o.Addr().As4()[1] == addr.Addr().As4()[1] })
		if inUse != (len(outbound) >= 10) {
			t.Fatalf("picked %v after %v", addr, outbound)
		}
		outbound = append(outbound, addr)
	}
	if addr, ok := c.Pick(epoch, exclude, outbound); ok {
		t.Errorf("picked %v, all are excluded", addr)
	}
}

// TestHalfOfOneTeller: when half of the neighbors came from the word of one
// network, others come first.
func TestHalfOfOneTeller(t *testing.T) {
	c := newCache(1)
	teller := peer("66.1.2.3")
	for i := range 30 {
		c.Add(epoch, nth(50, i, 1), teller, FromPong)
	}
	c.Add(epoch, nth(51, 0, 1), peer("67.1.2.3"), FromPong)
	var outbound []netip.AddrPort
	for i := range maxPerTeller - 1 {
		outbound = append(outbound, nth(50, i, 1))
	}
	got := shares(c, outbound, firstByte)
	if got["51"] > 0.1 {
		t.Errorf("with %d of one teller: %v", len(outbound), got)
	}
	outbound = append(outbound, nth(50, maxPerTeller, 1))
	if got = shares(c, outbound, firstByte); !near(got["51"], 1) {
		t.Errorf("with %d of one teller: %v", len(outbound), got)
	}
	outbound = append(outbound, nth(51, 0, 1))
	if got = shares(c, outbound, firstByte); !near(got["50"], 1) {
		t.Errorf("when nobody else is left: %v", got)
	}
}

// TestLocalNetworksAreNone: on one machine or network every host counts for
// itself, and none is held back.
func TestLocalNetworksAreNone(t *testing.T) {
	c := newCache(1)
	var outbound []netip.AddrPort
	for i := range 200 {
		addr := netip.AddrPortFrom(peer("127.0.0.1"), uint16(10000+i))
		if got := c.Add(epoch, addr, peer("127.0.0.1"), FromPong); got != Kept && i < 100 {
			t.Fatalf("host %d: %v", i, got)
		}
	}
	exclude := func(addr netip.AddrPort) bool { return slices.Contains(outbound, addr) }
	for range 50 {
		addr, ok := c.Pick(epoch, exclude, outbound)
		if !ok {
			t.Fatal("nobody")
		}
		reach(c, epoch, addr)
		outbound = append(outbound, addr)
	}
	consistent(t, c)
	if s := c.Stats(); s.Tried != 50 {
		t.Errorf("%+v", s)
	}
}

func TestPinnedFirst(t *testing.T) {
	c := newCache(1)
	for i := range 50 {
		c.Add(epoch, nth(50, i, 1), nth(90, i, 1).Addr(), FromPong)
	}
	seeds := []netip.AddrPort{host("5.1.1.1"), host("5.1.1.2"), host("127.0.0.1")}
	for _, seed := range seeds {
		c.Add(epoch, seed, netip.Addr{}, FromSeed)
	}
	var got []netip.AddrPort
	for range 4 {
		addr, _ := c.Pick(epoch, nobody, got)
		c.Attempt(epoch, addr)
		got = append(got, addr)
	}
	for _, seed := range seeds {
		if !slices.Contains(got[:3], seed) {
			t.Errorf("%v was not among the first: %v", seed, got)
		}
	}
	if slices.Contains(seeds, got[3]) {
		t.Errorf("%v was picked before its time", got[3])
	}
}

func TestAnchorsFirstAfterRestart(t *testing.T) {
	c := newCache(1)
	for i := range 50 {
		c.Add(epoch, nth(50, i, 1), nth(90, i, 1).Addr(), FromPong)
		reach(c, epoch, nth(50, i, 1))
	}
	c.SetAnchors([]netip.AddrPort{nth(50, 9, 1)})
	c.SetAnchors([]netip.AddrPort{host("1.1.1.1"), nth(50, 7, 1), nth(50, 8, 1), nth(50, 9, 1)})
	c.SetAnchors(nil) // all links end when the node stops

	later := epoch.Add(time.Hour)
	again := newCache(2)
	if _, err := again.Restore(later, c.Snapshot()); err != nil {
		t.Fatal(err)
	}
	again.Add(later, host("5.1.1.1"), netip.Addr{}, FromSeed)
	var got []netip.AddrPort
	for range 3 {
		addr, _ := again.Pick(later, nobody, got)
		again.Attempt(later, addr)
		again.Failed(later, addr, noAnswer)
		got = append(got, addr)
	}
	slices.SortFunc(got[:2], netip.AddrPort.Compare)
	if want := []netip.AddrPort{nth(50, 7, 1), nth(50, 8, 1), host("5.1.1.1")}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// They are first once, not for ever.
	much := later.Add(24 * time.Hour)
	again.Attempt(much, host("5.1.1.1"))
	seen := map[netip.AddrPort]bool{}
	for range 200 {
		addr, _ := again.Pick(much, nobody, nil)
		seen[addr] = true
	}
	if len(seen) < 10 {
		t.Errorf("only %d hosts are picked", len(seen))
	}
}

func TestClockThatStepsBackHoldsNobody(t *testing.T) {
	c := newCache(1)
	c.Add(epoch, host("5.6.7.8"), netip.Addr{}, FromSaved)
	c.Attempt(epoch, host("5.6.7.8"))
	c.Failed(epoch, host("5.6.7.8"), codeSlow)
	for _, step := range []time.Duration{-24 * time.Hour, -365 * 24 * time.Hour, 365 * 24 * time.Hour} {
		now := epoch.Add(step)
		if _, ok := c.Pick(now, nobody, nil); !ok {
			t.Errorf("after a step of %v the host is not due", step)
		}
		if due, ok := c.NextAttempt(now, nobody); !ok || !due.Equal(now) {
			t.Errorf("after a step of %v: due %v", step, due)
		}
	}
	if _, ok := c.Pick(epoch.Add(-time.Minute), nobody, nil); ok {
		t.Error("a small step ends a back-off")
	}
}

// TestSameSeedSameAnswers plays one random life twice.
func TestSameSeedSameAnswers(t *testing.T) {
	life := func() string {
		var log strings.Builder
		c := newCache(42)
		rng := rand.New(rand.NewPCG(3, 3))
		now := epoch
		for range 20_000 {
			now = now.Add(time.Duration(rng.IntN(10_000)) * time.Millisecond)
			addr := nth(30+rng.IntN(8), rng.IntN(40), rng.IntN(50))
			switch rng.IntN(10) {
			case 0:
				picked, ok := c.Pick(now, func(a netip.AddrPort) bool { return a == addr }, []netip.AddrPort{addr})
				fmt.Fprintln(&log, picked, ok)
				c.Attempt(now, picked)
				if rng.IntN(2) == 0 {
					c.Good(now, picked)
				} else {
					c.Failed(now, picked, []int{0, 403, 429, 503}[rng.IntN(4)])
				}
			case 1:
				fmt.Fprintln(&log, c.Some(now, 10, addr))
			case 2:
				due, ok := c.NextAttempt(now, nobody)
				fmt.Fprintln(&log, due, ok)
			case 3:
				if rng.IntN(100) == 0 {
					if _, err := c.Restore(now, c.Snapshot()); err != nil {
						t.Fatal(err)
					}
				}
			default:
				fmt.Fprintln(&log, c.Add(now, addr, nth(90, rng.IntN(20), 1).Addr(), Source(rng.IntN(4))))
			}
		}
		consistent(t, c)
		return log.String() + string(c.Snapshot())
	}
	if one, other := life(), life(); one != other {
		t.Error("one seed led two lives")
	}
}

func BenchmarkPick(b *testing.B) {
	c := full(b)
	outbound := make([]netip.AddrPort, 8)
	for i := range outbound {
		outbound[i] = nth(50, i, 1)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Pick(epoch, nobody, outbound)
	}
}

// full is a cache at its caps.
func full(t testing.TB) *Cache {
	t.Helper()
	c := newCache(1)
	for i := range 60_000 {
		now := epoch.Add(time.Duration(i) * time.Millisecond)
		addr := nth(20+i%60, i/60%256, i%199)
		c.Add(now, addr, nth(90+i%7, i%200, i%256).Addr(), FromPong)
		if i%3 == 0 {
			reach(c, now, addr)
		}
	}
	for i := range MaxPinned {
		c.Add(epoch, nth(5, i, 1), netip.Addr{}, FromSeed)
	}
	consistent(t, c)
	if c.Len() < MaxHosts*9/10 {
		t.Fatalf("only %d hosts", c.Len())
	}
	return c
}
