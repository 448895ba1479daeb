package hostcache

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

var epoch = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func newCache(seed uint64) *Cache { return New(Config{}, rand.New(rand.NewPCG(seed, 0))) }

// host is "a.b.c.d" with a port, or "a.b.c.d:port".
func host(s string) netip.AddrPort {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(a, 20000)
	}
	return netip.MustParseAddrPort(s)
}

// nth is the nth host of a /16, each in a /24 of its own.
func nth(a, b, n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(a), byte(b), byte(n), byte(1 + n/256)}), 20000)
}

func peer(s string) netip.Addr { return netip.MustParseAddr(s) }

func nobody(netip.AddrPort) bool { return false }

// want demands the reason for which an address is not kept.
func want(t *testing.T, c *Cache, addr netip.AddrPort, from netip.Addr, source Source, reason DropReason) {
	t.Helper()
	before := c.Len()
	_, was := c.Lookup(addr)
	if got := c.Add(epoch, addr, from, source); got != reason {
		t.Errorf("%v told by %v (%v): %v, want %v", addr, from, source, got, reason)
	}
	_, is := c.Lookup(addr)
	if is != (reason == Kept || was) || reason != Kept && c.Len() != before {
		t.Errorf("%v: known %v after %v", addr, is, reason)
	}
	consistent(t, c)
}

// reach dials a host and becomes its neighbor.
func reach(c *Cache, now time.Time, addr netip.AddrPort) {
	c.Attempt(now, addr)
	c.Good(now, addr)
}

// consistent holds the tables against one another and against their caps.
func consistent(t testing.TB, c *Cache) {
	t.Helper()
	var count [tables]int
	nets := map[netip.Prefix]int{}
	for i, e := range c.list {
		if e.at != i || c.known[e.Addr] != e {
			t.Fatalf("%v is not where it says it is", e.Addr)
		}
		count[e.table]++
		if !e.local {
			nets[Net(e.Addr.Addr())]++
		}
	}
	placed := 0
	for b, entries := range c.buckets {
		if len(entries) == 0 || len(entries) > bucketSize {
			t.Fatalf("bucket %v holds %d", b, len(entries))
		}
		for _, e := range entries {
			if e.bucket != b || e.table != b.table || c.secret.bucketFor(e, b.table) != b {
				t.Fatalf("%v stands in bucket %v", e.Addr, b)
			}
			placed++
		}
	}
	s := c.Stats()
	if count != c.count || placed+count[inPinned] != len(c.list) || len(c.known) != len(c.list) ||
		len(nets) != len(c.nets) || c.Len() != s.New+s.Tried+s.Pinned {
		t.Fatalf("counts differ: %v %v, %d listed, %d placed", count, c.count, len(c.list), placed)
	}
	if s.New > MaxNew || s.Tried > MaxTried || s.Pinned > MaxPinned || c.Len() > MaxHosts ||
		len(c.quota.current)+len(c.quota.previous) > maxTellers || len(c.own) > maxOwn {
		t.Fatalf("above a cap: %+v", s)
	}
}

func TestAddRefuses(t *testing.T) {
	c := newCache(1)
	c.SetOwn([]netip.AddrPort{host("9.9.9.9")})
	teller := peer("8.8.4.4")
	want(t, c, host("5.6.7.8"), teller, FromPong, Kept)
	want(t, c, host("5.6.7.8"), teller, FromPong, Kept) // again
	want(t, c, host("[::ffff:5.6.7.8]:20000"), teller, FromPong, Kept)
	if c.Len() != 1 {
		t.Errorf("one host is known %d times", c.Len())
	}
	want(t, c, host("5.6.7.9:1023"), teller, FromTry, DropPort)
	want(t, c, host("5.6.7.9:1024"), teller, FromTry, Kept)
	want(t, c, host("5.6.7.10:0"), netip.Addr{}, FromUser, DropPort)
	want(t, c, host("5.6.7.10:80"), netip.Addr{}, FromUser, Kept)
	want(t, c, host("10.0.0.1"), teller, FromPong, DropScope)
	want(t, c, host("127.0.0.1"), teller, FromPong, DropScope)
	want(t, c, host("0.1.2.3"), teller, FromPong, DropBogon)
	want(t, c, host("192.0.2.1"), teller, FromPong, DropBogon)
	want(t, c, netip.AddrPort{}, teller, FromPong, DropPort)
	want(t, c, host("9.9.9.9"), teller, FromPong, DropOwn)
	want(t, c, host("9.9.9.9"), netip.Addr{}, FromUser, DropOwn)
	if got := fmt.Sprint(c.Stats().Dropped); got != "map[port:3 bogon:2 scope:2 own:2]" {
		t.Errorf("dropped: %s", got)
	}
}

func TestOwnAddressIsForgotten(t *testing.T) {
	c := newCache(1)
	c.Add(epoch, host("5.6.7.8"), netip.Addr{}, FromSeed)
	c.Add(epoch, host("5.6.7.9"), netip.Addr{}, FromSaved)
	c.SetOwn([]netip.AddrPort{host("[::ffff:5.6.7.8]:20000"), host("5.6.7.9")})
	consistent(t, c)
	if c.Len() != 0 {
		t.Errorf("%d hosts left", c.Len())
	}
	for n := maxOwn - 1; n <= maxOwn+1; n++ {
		var own []netip.AddrPort
		for i := range n {
			own = append(own, nth(50, 1, i))
		}
		c.SetOwn(own)
		consistent(t, c)
		if len(c.own) != min(n, maxOwn) {
			t.Errorf("%d of %d own addresses kept", len(c.own), n)
		}
	}
	want(t, c, nth(50, 1, maxOwn-1), netip.Addr{}, FromSaved, DropOwn)
	want(t, c, host("5.6.7.8"), netip.Addr{}, FromSaved, Kept) // not ours any more
}

func TestPinnedAreBoundedAndStay(t *testing.T) {
	c := newCache(1)
	for i := range MaxPinned {
		want(t, c, nth(50, 1, i), netip.Addr{}, FromSeed, Kept)
	}
	want(t, c, nth(50, 1, MaxPinned), netip.Addr{}, FromUser, DropFull)
	want(t, c, nth(50, 1, 0), netip.Addr{}, FromUser, Kept)
	want(t, c, host("60.1.1.1"), peer("8.8.4.4"), FromPong, Kept)
	if got := c.Add(epoch, host("60.1.1.1"), netip.Addr{}, FromUser); got != DropFull {
		t.Errorf("one more was pinned: %v", got)
	}
	now := epoch
	for range 10 {
		now = now.Add(time.Hour)
		reach(c, now, host("60.1.1.1"))
		for i := range MaxPinned {
			c.Failed(now, nth(50, 1, i), noAnswer)
		}
	}
	consistent(t, c)
	if s := c.Stats(); s.Pinned != MaxPinned || s.Tried != 1 {
		t.Errorf("%+v", s)
	}
}

func TestUserPinsWhatIsKnown(t *testing.T) {
	c := newCache(1)
	for i, prepare := range []func(addr netip.AddrPort){
		func(netip.AddrPort) {},
		func(addr netip.AddrPort) { reach(c, epoch, addr) },
	} {
		addr := nth(50, i, 1)
		want(t, c, addr, peer("8.8.4.4"), FromPong, Kept)
		prepare(addr)
		want(t, c, addr, netip.Addr{}, FromUser, Kept)
		if h, _ := c.Lookup(addr); h.Source != FromUser || c.Stats().Pinned != i+1 {
			t.Errorf("%+v %+v", h, c.Stats())
		}
	}
}

// TestNetAtItsCap: of one /24 only so many are believed; a host that calls us
// itself is no belief.
func TestNetAtItsCap(t *testing.T) {
	c := newCache(1)
	for i := range maxPerNet {
		want(t, c, host(fmt.Sprintf("50.1.1.%d", i+1)), nth(60, i, 1).Addr(), FromPong, Kept)
	}
	want(t, c, host("50.1.1.100"), peer("8.8.4.4"), FromPong, DropCrowded)
	want(t, c, host("50.1.2.100"), peer("8.8.4.4"), FromPong, Kept)
	want(t, c, host("50.1.1.101"), peer("50.1.1.101"), FromHandshake, Kept)
	want(t, c, host("50.1.1.102"), peer("50.1.1.103"), FromHandshake, DropCrowded)
	for i := range maxPerNet {
		want(t, c, host(fmt.Sprintf("[2600:1:2:%d::1]:20000", i)), nth(60, i, 1).Addr(), FromPong, Kept)
	}
	want(t, c, host("[2600:1:2:ff::1]:20000"), peer("8.8.4.4"), FromPong, DropCrowded)
	want(t, c, host("[2600:1:3::1]:20000"), peer("8.8.4.4"), FromPong, Kept)
}

// TestBucketAtItsCap: what one network says of one network fills one bucket.
func TestBucketAtItsCap(t *testing.T) {
	c := newCache(1)
	for i := range bucketSize {
		want(t, c, nth(50, 1, i), peer("8.8.4.4"), FromPong, Kept)
	}
	want(t, c, nth(50, 1, 100), peer("8.8.200.1"), FromPong, DropFull)
	if c.Len() != bucketSize {
		t.Errorf("%d hosts, want %d", c.Len(), bucketSize)
	}
	// Word of itself takes the place of word of others.
	want(t, c, nth(50, 1, 101), peer("8.8.4.4"), FromPong, DropFull)
	c.Add(epoch, nth(50, 1, 3), nth(50, 1, 3).Addr(), FromHandshake)
	if h, ok := c.Lookup(nth(50, 1, 3)); !ok || h.From != peer("8.8.4.4") {
		t.Errorf("%+v %v", h, ok)
	}
	// Later the silent ones make room, but not the one that spoke.
	now := epoch.Add(staleNew + time.Second)
	for i := range bucketSize {
		if got := c.Add(now, nth(50, 1, 200+i), peer("8.8.4.4"), FromPong); got != Kept && i < bucketSize-1 {
			t.Errorf("newcomer %d: %v", i, got)
		}
	}
	consistent(t, c)
	if _, ok := c.Lookup(nth(50, 1, 3)); !ok {
		t.Error("the host that spoke to us was driven out by rumour")
	}
	if c.Len() != bucketSize || c.Stats().Evicted != bucketSize-1 {
		t.Errorf("%d hosts, %+v", c.Len(), c.Stats())
	}
}

// TestOneTellerFillsAShare floods from one network, and then from all: the cache
// stays within its caps.
func TestOneTellerFillsAShare(t *testing.T) {
	c := newCache(1)
	rng := rand.New(rand.NewPCG(7, 7))
	random := func() netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))}),
			uint16(rng.IntN(1<<16)))
	}
	now := epoch
	for range 50_000 {
		now = now.Add(100 * time.Millisecond)
		c.Add(now, random(), nth(66, 77, rng.IntN(65536)).Addr(), FromPong)
	}
	consistent(t, c)
	if got, most := c.Len(), newBucketsPerTeller*bucketSize; got > most || got < most*8/10 {
		t.Errorf("one /16 fills %d places, want up to %d", got, most)
	}
	for i := range 250_000 {
		now = now.Add(time.Millisecond)
		c.Add(now, random(), random().Addr(), Source(rng.IntN(int(FromSaved))))
		if i%50_000 == 0 {
			consistent(t, c)
		}
	}
	consistent(t, c)
	if got := c.Stats().New; got < MaxNew*9/10 {
		t.Errorf("the new table holds %d of %d", got, MaxNew)
	}
}

// TestTriedIsBounded reaches every host it hears of.
func TestTriedIsBounded(t *testing.T) {
	c := newCache(1)
	now := epoch
	for i := range 40_000 {
		now = now.Add(time.Second)
		addr := nth(20+i%50, i/50%256, i%199)
		c.Add(now, addr, nth(90, i%200, i%256).Addr(), FromPong)
		reach(c, now, addr)
	}
	consistent(t, c)
	s := c.Stats()
	if s.Tried < MaxTried*9/10 {
		t.Errorf("%+v", s)
	}
	one := newCache(2)
	for i := range 200 {
		addr := nth(50, 1, i)
		one.Add(now, addr, nth(90, i, i).Addr(), FromPong)
		reach(one, now, addr)
	}
	consistent(t, one)
	if got := one.Stats().Tried; got > triedBucketsPerGroup*bucketSize || got < bucketSize {
		t.Errorf("one /16 has %d tried hosts, want up to %d", got, triedBucketsPerGroup*bucketSize)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Kept.String(), "kept"}, {DropFull.String(), "full"}, {DropReason(0x42).String(), "DropReason(66)"},
		{FromPong.String(), "pong"}, {FromUser.String(), "user"}, {Source(0x42).String(), "Source(66)"},
		{Bogon.String(), "bogon"}, {Global.String(), "global"}, {Scope(0x42).String(), "Scope(66)"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	c := newCache(1)
	rng := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		n := rng.Uint32()
		c.Add(epoch, netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}), 20000),
			netip.AddrFrom4([4]byte{byte(n >> 3), byte(n >> 11), byte(n >> 19), byte(n >> 5)}), FromPong)
	}
}
