package fabric

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestMappedPort: whatever a box does else, an outer port that it leads to a host lets everybody in by TCP and UDP, and
// what leaves from there has it; neighbors get there by the hairpin alone. It ends with Unmap, and with a reboot.
func TestMappedPort(t *testing.T) {
	for name, cfg := range map[string]NATConfig{"symmetric": Symmetric(), "port-restricted": PortRestricted(), "hairpin": {Hairpin: true}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Config{}, func(t *pair) {
				box := t.net.NAT(router, cfg)
				host := box.Host(inside)
				outer, inner := netip.AddrPortFrom(router, 7000), netip.AddrPortFrom(inside, 5000)
				in, a, b := t.peer(host, 5000), t.peer(t.alice, 1), t.peer(t.bob, 1)
				box.Map(Datagram, 6999, inner) // another one takes its place
				box.Map(Datagram, 7000, inner)
				box.Map(Syn, 7000, inner)
				for _, stranger := range []*peer{a, b} {
					if !stranger.seen(in, outer).IsValid() {
						t.Error("a stranger is not let in")
					}
				}
				a.say(netip.AddrPortFrom(router, 6999))
				if in.hear().IsValid() {
					t.Error("the mapping before is still there")
				}
				t.wait(24 * time.Hour)
				if one, two := in.seen(a, netip.AddrPortFrom(alice, 1)), in.seen(b, netip.AddrPortFrom(bob, 1)); one != outer || two != outer {
					t.Errorf("seen as %v and %v", one, two)
				}
				near := t.peer(box.Host(inside2), 5000)
				if got := near.seen(in, outer).IsValid(); got != cfg.Hairpin {
					t.Errorf("a neighbor is let in: %v", got)
				}
				l := mustListen(t.T, host, ":5000")
				c, err := t.alice.DialContext(t.Context(), "tcp", outer.String())
				if err != nil {
					t.Fatal(err)
				}
				d, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				wantWrite(t.T, c, "ping")
				wantRead(t.T, d, "ping")
				wantWrite(t.T, d, "pong")
				wantRead(t.T, c, "pong")
				c.Close()
				d.Close()
				if cfg.Hairpin {
					c, err := box.Host(inside2).DialContext(t.Context(), "tcp", outer.String())
					if err != nil {
						t.Fatalf("a neighbor's dial: %v", err)
					}
					c.Close()
				}
				l.Close()
				box.Unmap(Datagram, inner)
				if a.seen(in, outer).IsValid() {
					t.Error("a stranger is let in for ever")
				}
				box.Map(Datagram, 7000, inner)
				t.fault(Reboot{router})
				if a.seen(in, outer).IsValid() {
					t.Error("the mapping outlived the reboot")
				}
			})
		})
	}
}

// TestRenumber gives a box another address: nobody is at the old one, what its hosts send comes from the new one, and
// their connections end.
func TestRenumber(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		box := t.net.NAT(router, FullCone())
		host := box.Host(inside)
		in, a := t.peer(host, 5000), t.peer(t.alice, 1)
		box.Map(Datagram, 5000, netip.AddrPortFrom(inside, 5000))
		c, d := mustConnect(t.T, host, t.alice)
		defer d.Close()
		defer c.Close()
		t.fault(Renumber{router, carrier})
		if box.Addr() != carrier {
			t.Errorf("the box is at %v", box.Addr())
		}
		for _, at := range []netip.Addr{router, carrier} {
			if a.seen(in, netip.AddrPortFrom(at, 5000)).IsValid() {
				t.Errorf("reached at %v, which nobody has mapped", at)
			}
		}
		if got := in.seen(a, netip.AddrPortFrom(alice, 1)); got != netip.AddrPortFrom(carrier, 5000) {
			t.Errorf("seen as %v", got)
		}
		wantWrite(t.T, c, "ping")
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a connection outlived the address")
		}
		talk(t, host, carrier)
		if s := t.net.Host(router); s == nil || s.nat != nil { // somebody else's now
			t.Error("the old address is still a box")
		}
		t.fault(Renumber{router, carrier}) // no box, and the address is taken
		if box.Addr() != carrier {
			t.Errorf("the box is at %v", box.Addr())
		}
	})
}

// TestGateways: a host knows the box it is behind, once that has an address there.
func TestGateways(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		box := t.net.NAT(router, FullCone())
		before, err := box.Host(inside).Gateways()
		gateway := box.Gateway(inside2)
		after, err2 := box.Host(inside).Gateways()
		out, err3 := t.alice.Gateways()
		if len(before) != 0 || !slices.Equal(after, []netip.Addr{gateway.addr}) || len(out) != 0 || err != nil || err2 != nil || err3 != nil {
			t.Errorf("%v, then %v; %v outside; %v, %v, %v", before, after, out, err, err2, err3)
		}
	})
}
