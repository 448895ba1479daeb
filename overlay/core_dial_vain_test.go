package overlay

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"filbert/overlay/handshake"
)

// TestHostsThatAreGone dials known hosts of which none answers: maxVain in a row, and
// then one each vainPause. Those that answer, and those on local networks, cost nothing.
func TestHostsThatAreGone(t *testing.T) {
	gone := errors.New("nobody answers")
	for name, test := range map[string]struct {
		net     byte
		answers error
		hour    int // dials in it, at most
		least   int
	}{
		"gone":               {40, gone, maxVain + int(time.Hour/vainPause) + maxDialing, maxVain + int(time.Hour/vainPause)},
		"full":               {40, &handshake.RefusedError{Code: 503}, 1 << 30, 1500},
		"on a local network": {10, gone, 1 << 30, 1500},
	} {
		t.Run(name, func(t *testing.T) {
			var seeds []netip.AddrPort
			for i := range 2000 {
				a := [4]byte{test.net, byte(i >> 8), byte(i), 1}
				if test.net == 40 {
					a[0] += byte(i >> 6)
				}
				seeds = append(seeds, netip.AddrPortFrom(netip.AddrFrom4(a), 7000))
			}
			w := newWorld(t, Config{Want: 3, Seeds: seeds})
			dials := 0
			for range int(time.Hour / time.Second) {
				w.pass(time.Second)
				for id, p := range w.peers {
					delete(w.peers, id)
					w.step(&Failed{Link: p.id, Err: test.answers})
					dials++
				}
			}
			if dials > test.hour || dials < test.least {
				t.Errorf("%d dials in an hour, want %d to %d", dials, test.least, test.hour)
			}
			if held := w.core.View().DialsHeld; (held > 0) != (test.hour < 1<<30) {
				t.Errorf("held %d times", held)
			}
		})
	}
}

// TestVain counts as time passes, at the limit and beside it.
func TestVain(t *testing.T) {
	var v vain
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	to := netip.MustParseAddr("9.1.1.1")
	for i := range maxVain {
		if v.full(began) {
			t.Fatalf("full after %d", i)
		}
		v.note(began, to)
	}
	for _, test := range []struct {
		after time.Duration
		count int
	}{
		{0, maxVain}, {vainPause - 1, maxVain}, {vainPause, maxVain - 1}, {maxVain * vainPause, 0}, {2 * maxVain * vainPause, 0},
	} {
		now := began.Add(test.after)
		if n := v.count(now); n != test.count || v.full(now) != (n >= maxVain) {
			t.Errorf("after %v: %d, want %d", test.after, n, test.count)
		}
	}
}
