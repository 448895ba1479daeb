package token

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

var (
	alice = netip.MustParseAddrPort("9.1.1.1:7001")
	bob   = netip.MustParseAddrPort("9.2.1.1:7001")
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	query = [16]byte{0: 7, 8: 0xff}
)

func issuer(seed uint64) *Issuer { return NewIssuer(rand.New(rand.NewPCG(seed, 0))) }

// TestBinding shows a token of one use for another.
func TestBinding(t *testing.T) {
	i := issuer(1)
	tok := i.Issue(start, OutOfBand, alice, query)
	flipped := tok
	flipped[Len-1] ^= 1
	for _, test := range []struct {
		name    string
		by      *Issuer
		purpose Purpose
		addr    netip.AddrPort
		guid    [16]byte
		data    []byte
		want    bool
	}{
		{"itself", i, OutOfBand, alice, query, tok[:], true},
		{"of the same address, written as IPv6", i, OutOfBand, netip.MustParseAddrPort("[::ffff:9.1.1.1]:7001"), query, tok[:], true},
		{"another purpose", i, QueryKey, alice, query, tok[:], false},
		{"another host", i, OutOfBand, bob, query, tok[:], false},
		{"another port", i, OutOfBand, netip.AddrPortFrom(alice.Addr(), 7002), query, tok[:], false},
		{"another query", i, OutOfBand, alice, [16]byte{0: 8, 8: 0xff}, tok[:], false},
		{"another issuer", issuer(2), OutOfBand, alice, query, tok[:], false},
		{"one bit off", i, OutOfBand, alice, query, flipped[:], false},
		{"short", i, OutOfBand, alice, query, tok[:Len-1], false},
		{"long", i, OutOfBand, alice, query, append(tok[:], 0), false},
		{"nothing", i, OutOfBand, alice, query, nil, false},
	} {
		if got := test.by.Valid(start, test.purpose, test.addr, test.guid, test.data); got != test.want {
			t.Errorf("%s: valid %v, want %v", test.name, got, test.want)
		}
	}
}

// TestRotation follows a token through its life: one period for certain, two at
// the most.
func TestRotation(t *testing.T) {
	for _, test := range []struct {
		purpose Purpose
		period  time.Duration
	}{{OutOfBand, outOfBandPeriod}, {QueryKey, queryKeyPeriod}} {
		t.Run(test.purpose.String(), func(t *testing.T) {
			for _, late := range []time.Duration{0, test.period / 2, test.period - 1} {
				i := issuer(1)
				i.Issue(start, test.purpose, bob, query) // time begins
				born := start.Add(late)
				tok := i.Issue(born, test.purpose, alice, query)
				end := start.Add(2 * test.period) // of the key after the one it was made with
				for _, step := range []struct {
					at   time.Time
					want bool
				}{
					{born, true},
					{born.Add(test.period), true},
					{end.Add(-1), true},
					{end, false},
					{end.Add(365 * 24 * time.Hour), false},
					{start.Add(-time.Hour), true}, // a clock set back does no harm
				} {
					if got := i.Valid(step.at, test.purpose, alice, query, tok[:]); got != step.want {
						t.Errorf("made after %v, shown after %v: valid %v, want %v", late, step.at.Sub(start), got, step.want)
					}
				}
			}
		})
	}
	if 2*outOfBandPeriod > 10*time.Minute {
		t.Errorf("a token of out-of-band hits lives %v", 2*outOfBandPeriod)
	}
}

// TestFirstEpoch wants no token of a time before the issuer's own.
func TestFirstEpoch(t *testing.T) {
	i := issuer(1)
	first := i.Issue(start, OutOfBand, alice, query)
	second := i.Issue(start.Add(outOfBandPeriod), OutOfBand, alice, query)
	if first == second {
		t.Error("two keys make one token")
	}
	if i.Valid(start, OutOfBand, alice, query, second[:]) {
		t.Error("a token of the future is valid")
	}
}

func TestNoAllocation(t *testing.T) {
	i := issuer(1)
	tok := i.Issue(start, OutOfBand, alice, query)
	if n := testing.AllocsPerRun(100, func() { i.Valid(start, OutOfBand, alice, query, tok[:]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkValid(b *testing.B) {
	i := issuer(1)
	tok := i.Issue(start, OutOfBand, alice, query)
	b.ReportAllocs()
	for b.Loop() {
		if !i.Valid(start, OutOfBand, alice, query, tok[:]) {
			b.Fatal("not valid")
		}
	}
}
