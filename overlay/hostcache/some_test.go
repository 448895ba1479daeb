package hostcache

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestSomeTellsOnlyWhomWeMet(t *testing.T) {
	c := newCache(1)
	heard, reached, called, lost, failed := host("5.1.1.1"), host("5.2.1.1"), host("5.3.1.1"), host("5.4.1.1"), host("5.5.1.1")
	asker := host("66.1.2.3")
	for _, addr := range []netip.AddrPort{heard, reached, lost, failed} {
		c.Add(epoch, addr, peer("8.8.4.4"), FromTry)
	}
	reach(c, epoch, lost)
	now := epoch.Add(freshFor + time.Minute)
	reach(c, now, reached)
	reach(c, now, failed)
	c.Add(now, called, called.Addr(), FromHandshake)
	c.Good(now.Add(time.Second), reached)
	c.Failed(now.Add(2*time.Second), failed, noAnswer)
	got := c.Some(now, 10, asker)
	slices.SortFunc(got, netip.AddrPort.Compare)
	if want := []netip.AddrPort{reached, called}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := c.Some(now.Add(freshFor+time.Millisecond), 10, asker); len(got) != 1 || got[0] != reached {
		t.Errorf("an hour later: %v", got)
	}
	if got := c.Some(now.Add(2*freshFor), 10, asker); len(got) != 0 {
		t.Errorf("two hours later: %v", got)
	}
	if got := c.Some(now, 0, asker); len(got) != 0 {
		t.Errorf("none wanted: %v", got)
	}
}

func TestSomeIsThinned(t *testing.T) {
	c := newCache(1)
	for i := range 30 {
		for j := range 3 {
			addr := host(fmt.Sprintf("50.%d.1.%d", i, j+1))
			c.Add(epoch, addr, peer("8.8.4.4"), FromPong)
			reach(c, epoch, addr)
		}
	}
	for _, n := range []int{1, 29, 30, 31, 90} {
		got := c.Some(epoch, n, host("66.1.2.3"))
		nets := map[netip.Prefix]bool{}
		for _, addr := range got {
			nets[Net(addr.Addr())] = true
		}
		if len(got) != min(n, 30) || len(nets) != len(got) {
			t.Errorf("asked for %d: %d hosts of %d nets", n, len(got), len(nets))
		}
	}
	seen := map[netip.AddrPort]bool{}
	for range 500 {
		for _, addr := range c.Some(epoch, 5, host("66.1.2.3")) {
			seen[addr] = true
		}
	}
	if len(seen) != 90 {
		t.Errorf("in 500 answers %d of 90 hosts", len(seen))
	}
}

func TestSomeKeepsScopesApart(t *testing.T) {
	c := newCache(1)
	all := map[Scope]netip.AddrPort{Global: host("5.1.1.1"), Private: host("10.0.0.1"), LinkLocal: host("169.254.1.1"), Loopback: host("127.0.0.1")}
	for _, addr := range all {
		c.Add(epoch, addr, netip.Addr{}, FromSeed)
		reach(c, epoch, addr)
	}
	low := host("6.1.1.1:80")
	c.Add(epoch, low, netip.Addr{}, FromUser)
	reach(c, epoch, low)
	for asker, want := range map[string][]Scope{
		"66.1.2.3": {Global}, "10.0.0.9": {Global, Private}, "169.254.2.2": {Global, Private, LinkLocal},
		"127.0.0.1:30000": {Global, Private, LinkLocal, Loopback}, "::1": {Global, Private, LinkLocal, Loopback},
	} {
		got := c.Some(epoch, 10, host(asker))
		if len(got) != len(want) {
			t.Errorf("%s is told %v, want %v", asker, got, want)
		}
		for _, scope := range want {
			if !slices.Contains(got, all[scope]) {
				t.Errorf("%s is told %v, want %v", asker, got, want)
			}
		}
	}
}

func TestSomeNeverNamesTheAsker(t *testing.T) {
	c := newCache(1)
	for i := range 20 {
		c.Add(epoch, nth(50, i, 1), nth(50, i, 1).Addr(), FromHandshake)
		local := netip.AddrPortFrom(peer("127.0.0.1"), uint16(20000+i))
		c.Add(epoch, local, local.Addr(), FromHandshake)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		asker := nth(50, rng.IntN(20), 1)
		other := netip.AddrPortFrom(asker.Addr(), 40000)
		for _, a := range []netip.AddrPort{asker, other, netip.AddrPortFrom(netip.AddrFrom16(asker.Addr().As16()), 1)} {
			if got := c.Some(epoch, 50, a); len(got) != 19 || slices.Contains(got, asker) {
				t.Fatalf("%v is told %v", a, got)
			}
		}
		local := netip.AddrPortFrom(peer("127.0.0.1"), uint16(20000+rng.IntN(20)))
		if got := c.Some(epoch, 50, local); len(got) != 39 || slices.Contains(got, local) {
			t.Fatalf("%v is told %v", local, got)
		}
	}
}

func BenchmarkSome(b *testing.B) {
	c := full(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Some(epoch.Add(time.Minute), 20, host("66.1.2.3"))
	}
}
