package hostcache

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// told counts how many of n hosts a teller gets in.
func told(q *quota, now time.Time, teller string, n int) (taken int) {
	for range n {
		if q.take(now, peer(teller)) {
			taken++
		}
	}
	return taken
}

func TestTellerAtItsRate(t *testing.T) {
	var q quota
	now := epoch
	for i, round := range []struct {
		after      time.Duration
		tell, want int
	}{
		{0, tellerBurst - 1, tellerBurst - 1},
		{0, 1, 1},
		{0, 1, 0},                       // the batch is used up
		{9 * time.Second, 5, 0},         // 0.9 hosts
		{time.Second, 5, 1},             // the tenth second
		{time.Minute, 100, 6},           // 0.1 hosts a second
		{-365 * 24 * time.Hour, 100, 0}, // a clock that goes back brings nothing
		{10 * time.Second, 100, 1},      // and costs nothing afterwards
		{time.Hour, 1000, tellerBurst},  // never more than a batch
		{365 * 24 * time.Hour, 1000, tellerBurst},
	} {
		now = now.Add(round.after)
		if got := told(&q, now, "5.6.7.8", round.tell); got != round.want {
			t.Errorf("round %d: %d of %d, want %d", i, got, round.tell, round.want)
		}
	}
	if got := told(&q, now, "5.6.7.9", 1); got != 1 {
		t.Error("another teller pays for the first")
	}
}

func TestOneNetworkOfIPv6IsOneTeller(t *testing.T) {
	var q quota
	if got := told(&q, epoch, "2a00:1:2::1", 1000) + told(&q, epoch, "2a00:1:2:ffff::9", 1000); got != tellerBurst {
		t.Errorf("%d hosts of one /48, want %d", got, tellerBurst)
	}
	if got := told(&q, epoch, "2a00:1:3::1", 1); got != 1 {
		t.Error("another /48 pays for the first")
	}
}

// TestTellersAreBounded feeds a million tellers.
func TestTellersAreBounded(t *testing.T) {
	var q quota
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range maxTellers + 2 {
		q.take(epoch, nth(50, i/256, i%256).Addr())
		if n := len(q.current) + len(q.previous); n > maxTellers || i < maxTellers && n != i+1 {
			t.Fatalf("%d tellers remembered after %d", n, i+1)
		}
	}
	for range 1_000_000 {
		n := rng.Uint32()
		q.take(epoch, netip.AddrFrom4([4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}))
		if len(q.current)+len(q.previous) > maxTellers {
			t.Fatal("above the cap")
		}
	}
}
