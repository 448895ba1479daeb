package fabric

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

var (
	router  = netip.MustParseAddr("198.51.100.1")
	carrier = netip.MustParseAddr("203.0.113.1")
	inside  = netip.MustParseAddr("192.168.1.2")
	inside2 = netip.MustParseAddr("192.168.1.3")
)

// peer is a socket that says and hears.
type peer struct {
	*pair
	c net.PacketConn
}

func (p *pair) peer(h *Host, port int) *peer {
	p.Helper()
	c, err := h.ListenPacket(p.Context(), "udp", fmt.Sprintf(":%d", port))
	if err != nil {
		p.Fatal(err)
	}
	return &peer{p, c}
}

// hear returns who sends next, an invalid address if a second passes without a datagram.
func (p *peer) hear() netip.AddrPort {
	p.c.SetReadDeadline(time.Now().Add(time.Second))
	_, from, err := p.c.ReadFrom(make([]byte, 10))
	if err != nil {
		return netip.AddrPort{}
	}
	return from.(*net.UDPAddr).AddrPort()
}

func (p *peer) say(to netip.AddrPort) {
	p.Helper()
	if _, err := p.c.WriteTo([]byte("hi"), net.UDPAddrFromAddrPort(to)); err != nil {
		p.Fatal(err)
	}
}

// seen returns the address q sees p by.
func (p *peer) seen(q *peer, at netip.AddrPort) netip.AddrPort {
	p.say(at)
	return q.hear()
}

// TestNATBehaviours probes every combination as RFC 5780 does: mapping by what several ends see, filtering by which
// ends are heard.
func TestNATBehaviours(t *testing.T) {
	all := []Dependence{EndpointIndependent, AddressDependent, AddressAndPortDependent}
	for _, mapping := range all {
		for _, filtering := range all {
			for _, ports := range []PortChoice{Preserve, Sequential, Random} {
				for _, hairpin := range []bool{false, true} {
					cfg := NATConfig{Mapping: mapping, Filtering: filtering, Ports: ports, Hairpin: hairpin}
					t.Run(fmt.Sprintf("%v/%v/%v/%v", mapping, filtering, ports, hairpin), func(t *testing.T) {
						inBubble(t, Config{}, func(t *pair) { testBehaviour(t, cfg) })
					})
				}
			}
		}
	}
}

func testBehaviour(t *pair, cfg NATConfig) {
	box := t.net.NAT(router, cfg)
	in := t.peer(box.Host(inside), 5000)
	at := func(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a, port) }
	a1, a2, b1 := t.peer(t.alice, 1), t.peer(t.alice, 2), t.peer(t.bob, 1)

	first := in.seen(a1, at(alice, 1))
	if first.Addr() != router {
		t.Fatalf("seen as %v, want an address of %v", first, router)
	}
	if preserved := first.Port() == 5000; preserved != (cfg.Ports == Preserve) {
		t.Errorf("port 5000 is seen as %d", first.Port())
	}
	// Filtering, before anything else was sent to.
	for _, probe := range []struct {
		from *peer
		want bool
	}{{a1, true}, {a2, cfg.Filtering != AddressAndPortDependent}, {b1, cfg.Filtering == EndpointIndependent}} {
		probe.from.say(first)
		if heard := in.hear().IsValid(); heard != probe.want {
			t.Errorf("from %v: heard %v, want %v", probe.from.c.LocalAddr(), heard, probe.want)
		}
	}
	// Mapping.
	again, port, host := in.seen(a1, at(alice, 1)), in.seen(a2, at(alice, 2)), in.seen(b1, at(bob, 1))
	if again != first || (port == first) != (cfg.Mapping != AddressAndPortDependent) || (host == first) != (cfg.Mapping == EndpointIndependent) {
		t.Errorf("seen as %v, %v again, %v at another port, %v at another host", first, again, port, host)
	}
	if cfg.Ports == Sequential && cfg.Mapping == AddressAndPortDependent && port.Port() != first.Port()+1 {
		t.Errorf("ports %d, then %d", first.Port(), port.Port())
	}
	// Hairpin: to the outer address of a neighbour that lets us in, or not at all.
	near := t.peer(box.Host(inside2), 5001)
	outer := near.seen(b1, at(bob, 1))
	in.say(outer)
	if got := near.hear(); got.IsValid() != (cfg.Hairpin && cfg.Filtering == EndpointIndependent) || got.IsValid() && got.Addr() != router {
		t.Errorf("hairpinned datagram from %v", got)
	}
	// Neighbours, and strangers with a private address.
	if got := in.seen(near, at(inside2, 5001)); got != at(inside, 5000) {
		t.Errorf("a neighbour sees %v", got)
	}
	a1.say(at(inside, 5000))
	if in.hear().IsValid() {
		t.Error("a private address was reached from outside")
	}
}

func TestNATLifetime(t *testing.T) {
	for _, refresh := range []bool{false, true} {
		inBubble(t, Config{}, func(t *pair) {
			in, out := t.peer(t.net.NAT(router, NATConfig{InboundRefresh: refresh}).Host(inside), 5000), t.peer(t.alice, 1)
			outer := in.seen(out, netip.AddrPortFrom(alice, 1))
			t.wait(natLifetime - time.Second)
			out.say(outer)
			if !in.hear().IsValid() {
				t.Error("the binding is gone before its time")
			}
			t.wait(2 * time.Second)
			out.say(outer)
			if heard := in.hear().IsValid(); heard != refresh {
				t.Errorf("after a refresh from outside: heard %v, want %v", heard, refresh)
			}
		})
	}
}

func TestNATBindingsAreBounded(t *testing.T) {
	const most = 10
	for n := most - 1; n <= most+1; n++ {
		inBubble(t, Config{}, func(t *pair) {
			box := t.net.NAT(router, NATConfig{MostBindings: most})
			out := t.peer(t.alice, 1)
			for i := range n {
				in := t.peer(box.Host(inside), 5000+i)
				if got := in.seen(out, netip.AddrPortFrom(alice, 1)); got.IsValid() != (i < most) {
					t.Errorf("binding %d of %d: seen as %v", i+1, most, got)
				}
			}
			if got, want := box.Refused(), uint64(max(0, n-most)); got != want || box.Bindings() != min(n, most) {
				t.Errorf("%d refused, want %d; %d bindings", got, want, box.Bindings())
			}
		})
	}
}

func TestNATReboot(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		in, out := t.peer(t.net.NAT(router, FullCone()).Host(inside), 5000), t.peer(t.alice, 1)
		outer := in.seen(out, netip.AddrPortFrom(alice, 1))
		t.fault(Reboot{router})
		out.say(outer)
		if in.hear().IsValid() {
			t.Error("a binding outlived the reboot")
		}
		t.wantDrops(DropNAT, 1)
	})
}

func TestUDPBlocked(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		box := t.net.NAT(router, UDPBlocked())
		if got := t.peer(box.Host(inside), 5000).seen(t.peer(t.alice, 1), netip.AddrPortFrom(alice, 1)); got.IsValid() {
			t.Errorf("seen as %v", got)
		}
		talk(t, box.Host(inside), router)
	})
}

// talk has a host behind boxes speak with alice over TCP, who must see the address seen.
func talk(t *pair, h *Host, seen netip.Addr) {
	t.Helper()
	a, b := mustConnect(t.T, h, t.alice)
	if got := netip.MustParseAddrPort(b.RemoteAddr().String()).Addr(); got != seen {
		t.Errorf("alice sees %v, want %v", got, seen)
	}
	wantWrite(t, a, "ping")
	wantRead(t, b, "ping")
	wantWrite(t, b, "pong")
	wantRead(t, a, "pong")
	a.Close()
	if _, err := b.Read(make([]byte, 1)); err == nil {
		t.Error("the end did not come through")
	}
	b.Close()
}

// TestCGNAT has boxes behind a box, and the hosts of two homes meet over it.
func TestCGNAT(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		isp := t.net.NAT(carrier, CGNAT())
		one := isp.NAT(netip.MustParseAddr("100.64.0.1"), FullCone()).Host(inside)
		two := isp.NAT(netip.MustParseAddr("100.64.0.2"), FullCone()).Host(inside2)
		u, v, a := t.peer(one, 5000), t.peer(two, 5000), t.peer(t.alice, 1)
		first, second := u.seen(a, netip.AddrPortFrom(alice, 1)), v.seen(a, netip.AddrPortFrom(alice, 1))
		if first.Addr() != carrier || second.Addr() != carrier || first == second {
			t.Fatalf("seen as %v and %v", first, second)
		}
		u.say(second)
		v.hear()
		v.say(first)
		if got := u.hear(); got != second {
			t.Errorf("through the carrier's hairpin from %v, want %v", got, second)
		}
		talk(t, one, carrier)
	})
}

// TestNATIsSilent has a dial from outside meet silence, not a reset.
func TestNATIsSilent(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		mustListen(t.T, t.net.NAT(router, FullCone()).Host(inside), ":80").Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := t.alice.DialContext(ctx, "tcp", "198.51.100.1:80"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial of a NAT: %v", err)
		}
	})
}

// natTrace returns the trace of sixteen hosts behind four boxes that all talk to one another.
func natTrace(t *testing.T, seed uint64) (hash uint64) {
	inBubble(t, Config{Seed: seed, Latency: Internet, Loss: LossRate(0.1)}, func(t *pair) {
		var peers []*peer
		server := t.peer(t.alice, 1)
		var seen []netip.AddrPort
		for i := range 16 {
			addr := netip.AddrFrom4([4]byte{198, 51, 100, byte(10 + i/4)})
			if i%4 == 0 {
				t.net.NAT(addr, Symmetric())
			}
			p := t.peer(t.net.Host(addr).nat.Host(netip.AddrFrom4([4]byte{192, 168, 2, byte(i)})), 5000)
			peers = append(peers, p)
			if s := p.seen(server, netip.AddrPortFrom(alice, 1)); s.IsValid() {
				seen = append(seen, s)
			}
		}
		t.net.At(time.Now().Add(2*time.Second), Reboot{netip.MustParseAddr("198.51.100.11")})
		done := make(chan struct{}, len(peers))
		for _, p := range peers {
			go func() {
				defer func() { done <- struct{}{} }()
				for range 4 {
					for _, s := range seen {
						p.say(s)
					}
					p.say(netip.AddrPortFrom(bob, 1))
					t.wait(time.Second)
				}
			}()
		}
		for range peers {
			<-done
		}
		t.wait(time.Second)
		hash = t.net.Trace().Hash()
	})
	return hash
}

func TestSameSeedSameTraceBehindNAT(t *testing.T) {
	first := natTrace(t, 1)
	if natTrace(t, 2) == first {
		t.Error("seeds 1 and 2 have the same trace")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if second := natTrace(t, 1); second != first {
		t.Errorf("seed 1 twice: hash %x, then %x", first, second)
	}
}
