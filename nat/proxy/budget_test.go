package proxy

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// host is one of a network of its own, or of one /24 with others.
func host(network, i int) netip.Addr {
	return netip.AddrFrom4([4]byte{9, byte(network >> 8), byte(network), byte(i)})
}

func servent(i int) (guid [16]byte) {
	binary.BigEndian.PutUint32(guid[:], uint32(i+1))
	return guid
}

// TestBudgetCaps goes to each cap, and one beyond: talks at once, where none ends, and in a
// minute, where each ends at once.
func TestBudgetCaps(t *testing.T) {
	at6 := func(i int) netip.Addr { // of one /64
		return netip.AddrFrom16([16]byte{0x26, 0, 7: 1, 15: byte(i)})
	}
	for name, test := range map[string]struct {
		from   func(i int) netip.Addr
		to     func(i int) [16]byte
		end    bool
		most   int
		beyond Status
	}{
		"at once, in all":       {func(i int) netip.Addr { return host(i, 1) }, servent, false, maxTalks, Full},
		"at once, of a host":    {func(int) netip.Addr { return host(1, 1) }, servent, false, hostTalks, Often},
		"at once, of a /64":     {at6, servent, false, hostTalks, Often},
		"at once, of a network": {func(i int) netip.Addr { return host(1, i) }, servent, false, networkTalks, Often},
		"at once, for one":      {func(i int) netip.Addr { return host(i, 1) }, func(int) [16]byte { return servent(0) }, false, serventTalks, Often},
		"a minute, in all":      {func(i int) netip.Addr { return host(i, 1) }, servent, true, minuteTalks, Full},
		"a minute, of a host":   {func(int) netip.Addr { return host(1, 1) }, servent, true, hostPerMinute, Often},
		"a minute, of a /64":    {at6, servent, true, hostPerMinute, Often},
		"a minute, of a /24":    {func(i int) netip.Addr { return host(1, i) }, servent, true, netPerMinute, Often},
		"a minute, for one":     {func(i int) netip.Addr { return host(i, 1) }, func(int) [16]byte { return servent(0) }, true, serventsPerMin, Often},
	} {
		var b Budget
		for i := range test.most {
			if s := b.Begin(epoch, test.from(i), test.to(i)); s != OK {
				t.Fatalf("%s: %v after %d, want %d", name, s, i, test.most)
			}
			if test.end {
				b.End(test.from(i), test.to(i))
			}
		}
		if s := b.Begin(epoch.Add(budgetPeriod-1), test.from(test.most), test.to(test.most)); s != test.beyond {
			t.Errorf("%s: %v beyond %d, want %v", name, s, test.most, test.beyond)
		}
		if !test.end {
			b.End(test.from(0), test.to(0))
			if b.Open() != test.most-1 {
				t.Errorf("%s: %d are open", name, b.Open())
			}
		}
		if s := b.Begin(epoch.Add(budgetPeriod), test.from(test.most), test.to(test.most)); s != OK {
			t.Errorf("%s: %v when one is over, or a minute", name, s)
		}
		if len(b.open) > maxTalks || len(b.begun) > minuteTalks {
			t.Errorf("%s: %d and %d are remembered", name, len(b.open), len(b.begun))
		}
	}
}

// TestPatience goes to both caps, and one beyond.
func TestPatience(t *testing.T) {
	var p Patience
	for i := range askedAtOnce {
		if !p.Begin(epoch) {
			t.Fatalf("talks with %d at once", i)
		}
	}
	if p.Begin(epoch) {
		t.Error("talks with one more at once")
	}
	for i := range askedPerMinute - askedAtOnce {
		p.End()
		if !p.Begin(epoch) {
			t.Fatalf("talks with %d a minute", askedAtOnce+i)
		}
	}
	p.End()
	if p.Begin(epoch.Add(budgetPeriod - 1)) {
		t.Error("talks with one more a minute")
	}
	if !p.Begin(epoch.Add(budgetPeriod)) {
		t.Error("talks with nobody any more")
	}
}
