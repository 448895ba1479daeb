package flood

import (
	"net/netip"
	"testing"
	"time"
)

// TestBrowseLimit plays who comes when, and what they are told.
func TestBrowseLimit(t *testing.T) {
	var l browseLimit
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, round := range []struct {
		after time.Duration
		from  string
		why   refusal
		wait  time.Duration
		stays bool // does not end before the next round
	}{
		{0, "9.1.1.1", granted, 0, false},
		{time.Minute, "9.1.1.1", granted, 0, false},
		{2 * time.Minute, "9.1.1.1", granted, 0, false},
		{3 * time.Minute, "9.1.1.1", tooOften, 57 * time.Minute, false},
		{4 * time.Minute, "::ffff:9.1.1.1", tooOften, 56 * time.Minute, false},
		{4 * time.Minute, "9.1.1.2", granted, 0, false},
		{60*time.Minute - 1, "9.1.1.1", tooOften, 1, false},
		{60 * time.Minute, "9.1.1.1", granted, 0, false}, // the first is an hour ago
		{60 * time.Minute, "9.1.1.1", tooOften, time.Minute, false},
		{61 * time.Minute, "9.1.1.1", granted, 0, true},
		{62 * time.Minute, "9.1.1.1", placeHeld, busyRetry, false},
		{63 * time.Minute, "2400:1:1:1::1", granted, 0, false},
		{63 * time.Minute, "2400:1:1:2::1", granted, 0, false},
		{63 * time.Minute, "2400:1:1:3::1", granted, 0, false},
		{63 * time.Minute, "2400:1:1:4::1", tooOften, time.Hour, false}, // the same customer
		{63 * time.Minute, "2400:1:1:104::1", granted, 0, false},
		{64 * time.Minute, "127.0.0.1", granted, 0, false},
		{64 * time.Minute, "127.0.0.1", granted, 0, false},
		{64 * time.Minute, "127.0.0.1", granted, 0, false},
		{64 * time.Minute, "127.0.0.1", granted, 0, false}, // the machine itself
	} {
		addr := netip.MustParseAddr(round.from)
		why, wait := l.begin(began.Add(round.after), addr)
		if why != round.why || wait != round.wait {
			t.Errorf("round %d, %s after %v: %v, wait %v; want %v, %v", i, round.from, round.after, why, wait, round.why, round.wait)
		}
		if why == granted && !round.stays {
			l.end(addr)
		}
	}
}

// TestBrowseLimitOfNetworks gives a network its share, and all together theirs.
func TestBrowseLimitOfNetworks(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var l browseLimit
	for i := range browsesPerNet {
		addr := netip.AddrFrom4([4]byte{9, 1, 1, byte(i)})
		if why, _ := l.begin(now, addr); why != granted {
			t.Fatalf("host %d of a network is refused: %v", i, why)
		}
		l.end(addr)
	}
	if why, wait := l.begin(now, netip.MustParseAddr("9.1.1.200")); why != tooOften || wait != browsePeriod {
		t.Errorf("host %d of a network: %v, %v", browsesPerNet+1, why, wait)
	}
	for i := range maxBrowsing + 1 {
		want := granted
		if i == maxBrowsing {
			want = noPlace
		}
		if why, _ := l.begin(now, netip.AddrFrom4([4]byte{9, 2, byte(i), 1})); why != want {
			t.Errorf("%d at once: %v, want %v", i+1, why, want)
		}
	}
}

// TestBrowseLimitIsBounded has more come than are remembered.
func TestBrowseLimitIsBounded(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var l browseLimit
	come := func(i int) {
		addr := netip.AddrFrom4([4]byte{9, byte(i >> 8), byte(i), 1})
		if why, _ := l.begin(now, addr); why != granted {
			t.Fatalf("host %d: %v", i, why)
		}
		l.end(addr)
		now = now.Add(time.Millisecond)
	}
	for i := range maxBrowsers + 1 {
		come(i)
		if want := min(i+1, maxBrowsers); len(l.hosts) != want || len(l.nets) != want {
			t.Fatalf("%d hosts and %d networks are remembered after %d", len(l.hosts), len(l.nets), i+1)
		}
	}
	if _, ok := l.hosts[netip.MustParsePrefix("9.0.0.1/32")]; ok {
		t.Error("it is not the first that was forgotten")
	}
	now = now.Add(browsePeriod)
	come(maxBrowsers + 1)
	if len(l.hosts) != 1 {
		t.Errorf("%d hosts are remembered whose hour is over", len(l.hosts))
	}
}
