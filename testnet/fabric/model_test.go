package fabric

import (
	"net/netip"
	"sync"
	"testing"
	"time"
)

func TestInternetLatency(t *testing.T) {
	there, back := newLink(3, alice, bob), newLink(3, bob, alice)
	low, high := time.Hour, time.Duration(0)
	for i := range uint64(1000) {
		a, b := there.draw(i, forLatency), back.draw(i, forLatency)
		if a.Pair() != b.Pair() {
			t.Fatal("the two directions differ in what belongs to the pair")
		}
		low, high = min(low, Internet(a)), max(high, Internet(a))
	}
	if low < 10*time.Millisecond || high > 165*time.Millisecond || high > low*11/10 || high < low*105/100 {
		t.Errorf("latencies of one link from %v to %v", low, high)
	}
}

func TestDrawIsUniform(t *testing.T) {
	l := newLink(1, alice, bob)
	var tenths [10]int
	for i := range uint64(10_000) {
		tenths[int(10*l.draw(i, forLoss).Single())]++
	}
	for i, n := range tenths {
		if n < 850 || n > 1150 {
			t.Errorf("%d of 10,000 draws in tenth %d", n, i)
		}
	}
}

func TestDrawsDiffer(t *testing.T) {
	seen := map[float64]string{}
	for _, seed := range []uint64{0, 1, 2} {
		for _, link := range []Link{{alice, bob}, {bob, alice}, {alice, carol}, {carol, bob}} {
			for n := range uint64(3) {
				for _, purpose := range []uint64{forLatency, forBandwidth, forLoss} {
					x := newLink(seed, link.From, link.To).draw(n, purpose).Single()
					if seen[x] != "" {
						t.Errorf("the draw of seed %d, %v, %d is also that of %s", seed, link, n, seen[x])
					}
					seen[x] = link.From.String()
				}
			}
		}
	}
}

// TestBandwidthIsOfTheLink wants a transfer to take its time, and another host's none of it.
func TestBandwidthIsOfTheLink(t *testing.T) {
	inBubble(t, Config{Bandwidth: Rate(10_000), Segment: 1000 - ipv4Header - tcpHeader}, func(t *pair) {
		a, b := t.connect()
		c, d := mustConnect(t.T, t.net.Host(carol), t.bob)
		t.wait(time.Second)
		t.start = time.Now()
		a.Write(make([]byte, 50*960)) // 50 segments of 100 ms
		var wg sync.WaitGroup
		wg.Go(func() {
			wantRead(t, b, string(make([]byte, 50*960)))
			t.wantClock("the transfer", 5050*time.Millisecond)
		})
		c.Write(make([]byte, 960))
		wantRead(t, d, string(make([]byte, 960)))
		t.wantClock("the other", 150*time.Millisecond)
		wg.Wait()
	})
}

func TestConfigCaps(t *testing.T) {
	for _, tc := range []struct{ segment, keep, wantSegment, wantKeep int }{
		{0, 0, maxSegment, 0},
		{-1, -1, maxSegment, 0},
		{maxSegment - 1, maxKeep - 1, maxSegment - 1, maxKeep - 1},
		{maxSegment, maxKeep, maxSegment, maxKeep},
		{maxSegment + 1, maxKeep + 1, maxSegment, maxKeep},
	} {
		c := Config{Segment: tc.segment, Keep: tc.keep}.withDefaults()
		if c.Segment != tc.wantSegment || c.Keep != tc.wantKeep || c.MTU != defaultMTU {
			t.Errorf("segment %d, keep %d: %d, %d, MTU %d", tc.segment, tc.keep, c.Segment, c.Keep, c.MTU)
		}
	}
}

func TestHostRefusesBadAddresses(t *testing.T) {
	n := New(Config{})
	defer n.Close()
	for _, bad := range []netip.Addr{
		{}, netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.IPv6Loopback(), netip.MustParseAddr("127.0.0.1"),
		netip.MustParseAddr("224.0.0.1"), netip.MustParseAddr("fe80::1%eth0"),
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Host(%v) did not panic", bad)
				}
			}()
			n.Host(bad)
		}()
	}
	if n.Host(alice) != n.Host(netip.MustParseAddr("::ffff:10.0.0.1")) {
		t.Error("an IPv4 address mapped to IPv6 is another host")
	}
}
