package fabric

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

var (
	walled, near6 = netip.MustParseAddr("2001:db8:1::2"), netip.MustParseAddr("2001:db8:1::3")
	out6, other6  = netip.MustParseAddr("2001:db8:2::1"), netip.MustParseAddr("2001:db8:3::1")
)

// TestFirewallFilters probes every filtering in both families, alone, before a NAT box and behind one.
func TestFirewallFilters(t *testing.T) {
	for _, filtering := range []Dependence{EndpointIndependent, AddressDependent, AddressAndPortDependent} {
		cfg := NATConfig{Filtering: filtering, Mapping: AddressAndPortDependent, Ports: Random}
		for name, build := range map[string]func(*Net) (in *Host, near *Host, out, other netip.Addr){
			"IPv4": func(n *Net) (*Host, *Host, netip.Addr, netip.Addr) {
				f := n.Firewall(cfg)
				return f.Host(router), f.Host(carrier), alice, bob
			},
			"IPv6": func(n *Net) (*Host, *Host, netip.Addr, netip.Addr) {
				f := n.Firewall(cfg)
				return f.Host(walled), f.Host(near6), out6, other6
			},
			"before a NAT box": func(n *Net) (*Host, *Host, netip.Addr, netip.Addr) {
				n.Firewall(cfg).Host(router)
				box := n.NAT(router, FullCone())
				return box.Host(inside), box.Host(inside2), alice, bob
			},
			"behind a NAT box": func(n *Net) (*Host, *Host, netip.Addr, netip.Addr) {
				box, f := n.NAT(router, FullCone()), n.Firewall(cfg)
				box.Host(inside)
				box.Host(inside2)
				return f.Host(inside), f.Host(inside2), alice, bob
			},
		} {
			t.Run(fmt.Sprintf("%v/%s", filtering, name), func(t *testing.T) {
				inBubble(t, Config{}, func(t *pair) {
					host, neighbour, outAddr, otherAddr := build(t.net)
					in, near := t.peer(host, 5000), t.peer(neighbour, 5000)
					a1, a2, b1 := t.peer(t.net.Host(outAddr), 1), t.peer(t.net.Host(outAddr), 2), t.peer(t.net.Host(otherAddr), 1)
					front := router
					if outAddr.Is6() {
						front = walled
					}
					a1.say(netip.AddrPortFrom(front, 5000))
					if in.hear().IsValid() {
						t.Error("a stranger was let in before anything was sent")
					}
					seen := in.seen(a1, netip.AddrPortFrom(outAddr, 1))
					if host.behind == nil && seen != netip.AddrPortFrom(host.addr, 5000) {
						t.Errorf("seen as %v", seen)
					}
					for _, probe := range []struct {
						from *peer
						want bool
					}{{a1, true}, {a2, filtering != AddressAndPortDependent}, {b1, filtering == EndpointIndependent}} {
						probe.from.say(seen)
						if heard := in.hear().IsValid(); heard != probe.want {
							t.Errorf("from %v: heard %v, want %v", probe.from.c.LocalAddr(), heard, probe.want)
						}
					}
					near.say(netip.AddrPortFrom(host.addr, 5000))
					if got := in.hear(); got != netip.AddrPortFrom(neighbour.addr, 5000) {
						t.Errorf("a neighbour is heard as %v", got)
					}
					t.wait(natLifetime)
					a1.say(seen)
					if in.hear().IsValid() {
						t.Error("what was sent opens the way for ever")
					}
				})
			})
		}
	}
}

// TestFirewallTCP lets connections out, and none in.
func TestFirewallTCP(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		h := t.net.Firewall(PortRestricted()).Host(router)
		talk(t, h, router)
		mustListen(t.T, h, ":80").Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := t.alice.DialContext(ctx, "tcp", "198.51.100.1:80"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial through a firewall: %v", err)
		}
		l := mustListen(t.T, h, ":81")
		defer l.Close()
		c, err := h.DialContext(t.Context(), "tcp", l.Addr().(*net.TCPAddr).String())
		if err != nil {
			t.Fatalf("dial of the own host: %v", err)
		}
		c.Close()
	})
}

// TestFirewallBlocksUDP lets TCP out and no UDP, alone and before a NAT box.
func TestFirewallBlocksUDP(t *testing.T) {
	for _, behind := range []bool{false, true} {
		inBubble(t, Config{}, func(t *pair) {
			h := t.net.Firewall(UDPBlocked()).Host(router)
			if behind {
				h = t.net.NAT(router, FullCone()).Host(inside)
			}
			in, a := t.peer(h, 5000), t.peer(t.alice, 1)
			if got := in.seen(a, netip.AddrPortFrom(alice, 1)); got.IsValid() {
				t.Errorf("seen as %v", got)
			}
			if a.seen(in, netip.AddrPortFrom(router, 5000)).IsValid() {
				t.Error("a datagram came in")
			}
			talk(t, h, router)
		})
	}
}

// TestFirewallIsBounded refuses what it has no room for, and counts that.
func TestFirewallIsBounded(t *testing.T) {
	const most = 3
	inBubble(t, Config{}, func(t *pair) {
		f := t.net.Firewall(NATConfig{MostBindings: most})
		a := t.peer(t.alice, 1)
		for i := range most + 2 {
			if got := t.peer(f.Host(router), 5000+i).seen(a, netip.AddrPortFrom(alice, 1)); got.IsValid() != (i < most) {
				t.Errorf("port %d of %d: seen as %v", i+1, most, got)
			}
		}
		if f.Refused() != 2 {
			t.Errorf("%d refused, want 2", f.Refused())
		}
	})
}

// TestCarriersInside has nobody outside reach the address a carrier gave a customer's box.
func TestCarriersInside(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		home := netip.MustParseAddr("100.64.0.1")
		in, a := t.peer(t.net.NAT(carrier, FullCone()).NAT(home, FullCone()).Host(inside), 5000), t.peer(t.alice, 1)
		in.seen(a, netip.AddrPortFrom(alice, 1))
		a.say(netip.AddrPortFrom(home, 5000))
		if in.hear().IsValid() {
			t.Error("an address of the carrier's network was reached from outside")
		}
	})
}
