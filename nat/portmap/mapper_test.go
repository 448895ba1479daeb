package portmap

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestEachProtocol maps by each protocol, and by all at once.
func TestEachProtocol(t *testing.T) {
	for _, test := range []struct {
		speaks []Method
		by     Method
		most   time.Duration // until both ports are open, verification of 0.3 s included
	}{
		{[]Method{PCP}, PCP, 400 * time.Millisecond},
		{[]Method{NATPMP}, NATPMP, 500 * time.Millisecond},
		{[]Method{UPnP}, UPnP, 500 * time.Millisecond},
		{[]Method{PCP, NATPMP, UPnP}, PCP, 400 * time.Millisecond},
		{[]Method{NATPMP, UPnP}, UPnP, 500 * time.Millisecond}, // NAT-PMP starts later
	} {
		t.Run(fmt.Sprint(test.speaks), func(t *testing.T) {
			play(t, test.speaks, nil, func(w *world) {
				if d := w.within(test.most, "both ports open", func() bool { return w.open(test.by) == 2 }); d < 300*time.Millisecond {
					t.Errorf("open after %v, before it was verified", d)
				}
				for p, l := range w.mapper.Leases() {
					want := Lease{Proto: Proto(p), Method: test.by, Router: gateway, Internal: netip.AddrPortFrom(own, port), External: netip.AddrPortFrom(outside, port)}
					left := time.Until(l.Expires)
					if l.Verified.IsZero() || left > time.Hour || left < time.Hour-time.Second {
						t.Errorf("%+v", l)
					}
					if l.Expires, l.Verified = want.Expires, want.Verified; l != want {
						t.Errorf("%+v, want %+v", l, want)
					}
				}
				s := w.mapper.Snapshot()
				if s.Searching || s.BehindCGNAT || s.Failure != "" || s.Strays != 0 {
					t.Errorf("%+v", s)
				}
				if n := w.box.entries(); n != 2 {
					t.Errorf("%d mappings", n)
				}
				w.ends()
			})
		})
	}
}

// TestRenewal holds leases for a day.
func TestRenewal(t *testing.T) {
	for _, m := range []Method{PCP, NATPMP, UPnP} {
		t.Run(m.String(), func(t *testing.T) {
			play(t, []Method{m}, nil, func(w *world) {
				w.opened(m)
				for range 24 * 12 {
					w.wait(5 * time.Minute)
					if w.open(m) != 2 || w.box.entries() != 2 {
						t.Fatalf("after %v: %+v", time.Since(w.start), w.mapper.Snapshot())
					}
				}
				least, most := 47, 49
				if m == PCP { // each check renews
					least, most = 24*75, 24*82
				}
				for s, e := range w.box.table {
					if e.renewed < least || e.renewed > most {
						t.Errorf("%v renewed %d times in a day", s, e.renewed)
					}
				}
				if looks, _ := w.saw(); looks < 2*47 || looks > 2*49 {
					t.Errorf("verified %d times", looks)
				}
				w.ends()
			})
		})
	}
}

// TestShortLease has a router that gives a minute only, and one that gives 5 s.
func TestShortLease(t *testing.T) {
	for _, test := range []struct {
		longest time.Duration
		least   int // renewals in 10 minutes
		most    int
	}{{time.Minute, 19, 21}, {5 * time.Second, 120, 151}} {
		play(t, []Method{PCP}, func(w *world, _ *Config) { w.box.longest = test.longest }, func(w *world) {
			w.opened(PCP)
			for range 600 {
				w.wait(time.Second)
				if w.open(PCP) != 2 {
					t.Fatalf("after %v: %+v", time.Since(w.start), w.mapper.Snapshot())
				}
			}
			if n := w.box.table[slot{TCP, port}].renewed; n < test.least || n > test.most {
				t.Errorf("%v: renewed %d times in 10 minutes", test.longest, n)
			}
			w.ends()
		})
	}
}

// TestReboot is T24: the router comes back with another address. The old one must
// not be told for longer than 90 s.
func TestReboot(t *testing.T) {
	for _, m := range []Method{PCP, NATPMP, UPnP} {
		for _, down := range []time.Duration{0, 30 * time.Second, 3 * time.Minute} {
			for _, at := range []time.Duration{1 * time.Second, 20 * time.Second, 44 * time.Second, 29*time.Minute + 50*time.Second} {
				t.Run(fmt.Sprint(m, down, at), func(t *testing.T) {
					play(t, []Method{m}, nil, func(w *world) {
						w.opened(m)
						w.wait(at)
						old := netip.AddrPortFrom(outside, port)
						w.box.reboot("9.2.2.2")
						w.box.set(func(b *box) { b.speaks = nil; b.mute = true; b.serve = refuseHTTP })
						began := time.Now()
						up := time.AfterFunc(down, func() {
							w.box.reboot("9.2.2.2")
							w.box.set(func(b *box) { b.speaks = []Method{m}; b.mute = false; b.serve = nil })
						})
						defer up.Stop()
						d := w.within(90*time.Second, "old address withdrawn", func() bool {
							return !slices.ContainsFunc(w.mapper.Leases(), func(l Lease) bool { return l.Open() && l.External == old })
						})
						t.Log("withdrawn after ", d)
						w.within(down+2*time.Minute, "new address open", func() bool { return w.open(m) == 2 })
						t.Log("new address after ", time.Since(began))
						for _, l := range w.mapper.Leases() {
							if l.External != netip.MustParseAddrPort("9.2.2.2:6346") {
								t.Errorf("%+v", l)
							}
						}
						w.ends()
					})
				})
			}
		}
	}
}

// TestSilence withdraws what a dead router gave and comes back when it does.
func TestSilence(t *testing.T) {
	play(t, []Method{PCP}, nil, func(w *world) {
		w.opened(PCP)
		w.box.set(func(b *box) { b.mute = true })
		w.within(90*time.Second, "withdrawn", func() bool { return len(w.mapper.Leases()) == 0 })
		w.wait(2 * time.Hour)
		w.box.set(func(b *box) { b.mute = false })
		w.within(longPause, "found again", func() bool { return w.open(PCP) == 2 })
		w.ends()
	})
}

// TestOneLostAnswer is no reason to give up anything.
func TestOneLostAnswer(t *testing.T) {
	play(t, []Method{PCP}, nil, func(w *world) {
		w.opened(PCP)
		for range 20 {
			w.box.set(func(b *box) { b.mute = true })
			w.within(time.Minute, "one check in vain", func() bool { return w.mapper.Snapshot().Failure != "" })
			w.box.set(func(b *box) { b.mute = false })
			w.within(time.Minute, "the next is not", func() bool { return w.open(PCP) == 2 && w.mapper.Snapshot().Failure == "" })
		}
		if looks, _ := w.saw(); looks != 2 {
			t.Errorf("verified %d times", looks)
		}
		w.ends()
	})
}

// TestNobody searches now and then, later and later.
func TestNobody(t *testing.T) {
	play(t, nil, nil, func(w *world) {
		w.wait(24 * time.Hour)
		if s := w.mapper.Snapshot(); !s.Searching || s.Failure == "" {
			t.Errorf("%+v", s)
		}
		searches := 0
		for _, ev := range w.net.Trace().Events() {
			if ev.To.Port() == controlPort {
				searches++
			}
		}
		if searches /= 2 * sends; searches < 20 || searches > 40 {
			t.Errorf("%d searches in a day", searches)
		}
		w.ends()
	})
}

// TestRoute follows the way out to another network.
func TestRoute(t *testing.T) {
	play(t, []Method{PCP}, nil, func(w *world) {
		w.opened(PCP)
		w.setup(func() { w.gateways = nil })
		w.within(checkEvery+time.Second, "withdrawn", func() bool { return len(w.mapper.Leases()) == 0 })
		w.setup(func() { w.gateways = []netip.Addr{gateway} })
		w.mapper.Refresh()
		w.opened(PCP)
		w.ends()
	})
}

// TestCGNAT has a router that has a NAT in front.
func TestCGNAT(t *testing.T) {
	for _, external := range []string{"100.64.3.4", "10.0.0.7", "192.168.100.2", "198.18.0.1"} {
		play(t, []Method{PCP, NATPMP, UPnP}, func(w *world, _ *Config) { w.box.external = netip.MustParseAddr(external) }, func(w *world) {
			w.within(time.Second, "recognised", func() bool { return w.mapper.Snapshot().BehindCGNAT })
			w.wait(2 * time.Hour)
			if looks, told := w.saw(); looks != 0 || len(told) != 0 {
				t.Errorf("%s: verified %d times, told %v", external, looks, told)
			}
			w.ends()
		})
	}
}

// TestNoVerifier never opens anything.
func TestNoVerifier(t *testing.T) {
	play(t, []Method{PCP}, func(_ *world, c *Config) { c.Verify = nil }, func(w *world) {
		w.wait(2 * time.Hour)
		if _, told := w.saw(); len(w.mapper.Leases()) != 2 || len(told) != 0 {
			t.Errorf("%+v", w.mapper.Snapshot())
		}
		w.ends()
	})
}

// TestVerification drops what was tried in vain twice, and takes it back.
func TestVerification(t *testing.T) {
	play(t, []Method{PCP}, func(w *world, _ *Config) { w.blocked = true }, func(w *world) {
		w.wait(10 * time.Minute)
		if looks, told := w.saw(); len(told) != 0 || looks < 6 || looks > 10 {
			t.Errorf("told %v, verified %d times", told, looks)
		}
		w.setup(func() { w.blocked = false })
		w.within(reverifyEvery, "open", func() bool { return w.open(PCP) == 2 })
		w.setup(func() { w.blocked = true; w.looks = 0 })
		w.within(reverifyEvery+time.Minute, "withdrawn", func() bool { return w.open(PCP) == 0 })
		if looks, _ := w.saw(); looks != 4 {
			t.Errorf("withdrawn after %d looks", looks)
		}
		w.ends()
	})
}

// TestRefusal has a router that says no.
func TestRefusal(t *testing.T) {
	play(t, []Method{PCP, NATPMP}, func(w *world, _ *Config) { w.box.refuse = 2 }, func(w *world) {
		w.within(5*time.Second, "told why", func() bool { return w.mapper.Snapshot().Failure != "" })
		t.Log(w.mapper.Snapshot().Failure)
		w.box.set(func(b *box) { b.refuse = 0 })
		w.within(31*time.Minute, "asked again", func() bool { return w.open(PCP) == 2 })
		w.box.set(func(b *box) { b.refuse = 8 }) // it comes at the check
		w.within(checkEvery+time.Second, "withdrawn", func() bool { return w.open(PCP) == 0 })
		w.box.set(func(b *box) { b.refuse = 0 })
		w.within(31*time.Minute, "asked again", func() bool { return w.open(PCP) == 2 })
		w.ends()
	})
}

// TestSamePort has a router that gives another port for UDP: both move to one.
func TestSamePort(t *testing.T) {
	play(t, []Method{PCP}, func(w *world, _ *Config) { w.box.odd = 1 }, func(w *world) {
		w.opened(PCP) // at two ports: it always gives another one
		if n := w.box.entries(); n != 2 {
			t.Errorf("%d mappings", n)
		}
		w.ends()
	})
	play(t, []Method{PCP}, func(w *world, _ *Config) {
		w.box.taken = func(p uint16) bool { return p >= port && p < port+3 }
	}, func(w *world) {
		w.opened(PCP)
		for _, l := range w.mapper.Leases() {
			if l.External.Port() != port+3 {
				t.Errorf("%+v", l)
			}
		}
		w.ends()
	})
}

// TestEndInTheMiddle ends the node at any time of a start: nothing stays.
func TestEndInTheMiddle(t *testing.T) {
	for _, m := range []Method{PCP, NATPMP, UPnP} {
		for at := time.Duration(0); at < 200*time.Millisecond; at += 3 * time.Millisecond {
			play(t, []Method{m}, nil, func(w *world) {
				w.wait(at)
				w.ends()
			})
		}
	}
}

// TestEndWithoutRouter does not wait for one that is gone.
func TestEndWithoutRouter(t *testing.T) {
	for _, m := range []Method{PCP, NATPMP, UPnP} {
		play(t, []Method{m}, nil, func(w *world) {
			w.opened(m)
			w.box.set(func(b *box) { b.mute = true; b.table = nil; b.serve = hangHTTP })
			w.ends()
		})
	}
}
