package punch

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// thirdParty is a socket of an open host that lets in who is permitted.
type thirdParty struct {
	net.PacketConn
	mu        sync.Mutex
	permitted []netip.Addr
	refused   int // datagrams
}

func (c *thirdParty) Permit(_ context.Context, hosts ...netip.Addr) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.permitted = append(c.permitted, hosts...)
	return nil
}

func (c *thirdParty) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		c.mu.Lock()
		if err != nil || slices.Contains(c.permitted, from.(*net.UDPAddr).AddrPort().Addr()) {
			c.mu.Unlock()
			return n, from, err
		}
		c.refused++
		c.mu.Unlock()
	}
}

// detour gives a peer a socket at a third party, of which it makes use when it must.
type detour struct {
	*Detour
	*thirdParty
	asked int
}

func (w *world) detour(p *peer, addr string) *detour {
	w.Helper()
	d := &detour{}
	sock, err := w.net.Host(netip.MustParseAddr(addr)).ListenPacket(w.Context(), "udp", addr+":0")
	if err != nil {
		w.Fatal(err)
	}
	d.thirdParty = &thirdParty{PacketConn: sock}
	if d.Detour, err = p.Puncher.Detour(d.thirdParty); err != nil {
		w.Fatal(err)
	}
	p.local.Detour = func(context.Context) *Detour {
		d.asked++
		return d.Detour
	}
	return d
}

func (d *detour) close() {
	d.Detour.Close()
	d.PacketConn.Close()
}

// TestDetours has two peers whose NATs no hole leads through meet at a third party of
// either, or both; it is not asked for where a hole comes about.
func TestDetours(t *testing.T) {
	const aTurn, bTurn = "198.51.100.11", "198.51.100.12"
	for _, test := range []struct {
		name          string
		a, b          preset
		ofA, ofB      bool
		rounds        int
		askedA, overB bool // who is asked; over whose it goes
	}{
		{"of the initiator", symmetric, symmetric, true, false, 2, true, false},
		{"of the responder", symmetric, symmetric, false, true, 2, false, true},
		{"of both", symmetric, symmetric, true, true, 2, true, false},
		{"port-restricted", portRestricted, symmetric, true, false, 2, true, false},
		{"not needed", portRestricted, portRestricted, true, true, 1, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, fabric.Config{Seed: 1}, func(w *world) {
				a, b := w.behind(test.a, "203.0.113.1", "2"), w.behind(test.b, "203.0.113.2", "3")
				defer a.close()
				defer b.close()
				var ofA, ofB *detour
				if test.ofA {
					ofA = w.detour(a, aTurn)
					defer ofA.close()
				}
				if test.ofB {
					ofB = w.detour(b, bTurn)
					defer ofB.close()
				}
				sa, sb := wires(oneWay)
				ea, eb := w.punch(a, b, sa, sb)
				if ea.err != nil || eb.err != nil {
					w.Fatalf("%v (%v)\n%v (%v)", ea.err, ea.out, eb.err, eb.out)
				}
				if ea.out.Rounds != test.rounds || ofA != nil && ofA.asked > 0 != test.askedA || ofB != nil && ofB.asked > 0 != test.overB {
					w.Errorf("asked %+v, %+v in %v", ofA, ofB, ea.out)
				}
				overA, overB := ea.conn.Over(), eb.conn.Over()
				switch relayed := test.askedA || test.overB; {
				case relayed != (ea.out.Winner.Kind == Relayed), relayed != (eb.out.Winner.Kind == Relayed):
					w.Errorf("initiator %v, responder %v", ea.out, eb.out)
				case (overA != nil) != test.askedA, (overB != nil) != test.overB, overA != nil && overA != ofA.Detour, overB != nil && overB != ofB.Detour:
					w.Errorf("over %v and %v", overA, overB)
				}
				w.wantConnected(ea, eb)
				for d, want := range map[*detour]string{ofA: "203.0.113.2", ofB: "203.0.113.1"} {
					if d != nil && d.asked > 0 && !slices.Equal(d.permitted, []netip.Addr{netip.MustParseAddr(want)}) {
						w.Errorf("%v may send", d.permitted)
					}
				}
			})
		})
	}
}

// TestDetourIsLast delays the hole, in the round in which a third party is named: it is
// taken all the same.
func TestDetourIsLast(t *testing.T) {
	third := netip.MustParseAddr("198.51.100.11")
	lose := func(d fabric.Draw) bool { return d.From != third && d.To != third && d.N < 3 }
	inWorld(t, fabric.Config{Seed: 1, Loss: lose}, func(w *world) {
		a, b := w.peer(aliceAddr), w.peer(bobAddr)
		defer a.close()
		defer b.close()
		d := w.detour(a, "198.51.100.11")
		defer d.close()
		sa, sb := wires(oneWay)
		began := time.Now()
		sa.change = func(m []byte) []byte { // the first round gets no further than its words
			if time.Since(began) < time.Second {
				return nil
			}
			return m
		}
		ea, eb := w.punch(a, b, sa, sb)
		if ea.err != nil || ea.out.Winner.Kind != Host || d.asked == 0 || ea.conn.Over() != nil || d.refused > 0 {
			w.Errorf("%v, %v, asked %d", ea.err, ea.out, d.asked)
		}
		w.wantConnected(ea, eb)
	})
}

// TestNoDetourInside refuses a socket that nobody outside reaches.
func TestNoDetourInside(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a := w.peer(aliceAddr)
		defer a.close()
		sock, err := w.net.Host(netip.MustParseAddr("10.0.0.9")).ListenPacket(w.Context(), "udp", "10.0.0.9:0")
		if err != nil {
			w.Fatal(err)
		}
		defer sock.Close()
		if d, err := a.Puncher.Detour(&thirdParty{PacketConn: sock}); err == nil {
			d.Close()
			w.Error("taken")
		}
	})
}

// TestWithRelayed keeps a place for the third party, and the best of the others.
func TestWithRelayed(t *testing.T) {
	var all []Candidate
	for i, k := range []Kind{Predicted, Predicted, Predicted, Predicted, Reflexive, Host, IPv6} {
		all = append(all, Candidate{k, netip.AddrPortFrom(aliceAt.Addr(), uint16(6000+i))})
	}
	got := withRelayed(all, bobAt)
	var kinds []Kind
	for _, c := range got {
		kinds = append(kinds, c.Kind)
	}
	if !slices.Equal(kinds, []Kind{IPv6, Host, Reflexive, Predicted, Predicted, Relayed}) || got[5].Addr != bobAt {
		t.Errorf("%v", got)
	}
	if use, not := choose(nil, got); len(use) != len(got) || use[5].Kind != Relayed {
		t.Errorf("uses %v, not %v", use, not)
	}
}
