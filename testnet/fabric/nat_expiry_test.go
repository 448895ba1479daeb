package fabric

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestNATBindsAgain has room and ports be free again for others when bindings have expired.
func TestNATBindsAgain(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		box := t.net.NAT(router, NATConfig{MostBindings: 2})
		a := t.peer(t.alice, 1)
		one, two := t.peer(box.Host(inside), 5000), t.peer(box.Host(inside2), 5000)
		at := netip.AddrPortFrom(alice, 1)
		if got := one.seen(a, at); got.Port() != 5000 {
			t.Errorf("seen as %v, want port 5000", got)
		}
		if got := two.seen(a, at); got.Port() != 5001 {
			t.Errorf("with port 5000 taken seen as %v, want 5001", got)
		}
		t.wait(natLifetime)
		if got := two.seen(a, at); got.Port() != 5000 {
			t.Errorf("with port 5000 free again seen as %v", got)
		}
		if got := one.seen(a, at); got.Port() != 5001 {
			t.Errorf("with port 5000 taken by the other seen as %v, want 5001", got)
		}
		if box.Bindings() != 2 || box.Refused() != 0 {
			t.Errorf("%d bindings, %d refused", box.Bindings(), box.Refused())
		}
	})
}

// TestKilledNAT lets nothing pass any more, either way.
func TestKilledNAT(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		box := t.net.NAT(router, FullCone())
		a, one := t.peer(t.alice, 1), t.peer(box.Host(inside), 5000)
		at := netip.AddrPortFrom(alice, 1)
		mapped := one.seen(a, at)
		if !a.seen(one, mapped).IsValid() {
			t.Fatal("a living box lets nothing pass")
		}
		t.net.At(time.Now(), Kill{Host: router})
		t.wait(time.Second)
		if got := one.seen(a, at); got.IsValid() {
			t.Errorf("seen as %v through a dead box", got)
		}
		if a.seen(one, mapped).IsValid() {
			t.Error("heard through a dead box")
		}
	})
}

// TestNATForgetsSYNs: a connection that nobody answered is forgotten soon, one that stands is not.
func TestNATForgetsSYNs(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		box := t.net.NAT(router, Symmetric())
		c, d := mustConnect(t.T, box.Host(inside), t.alice)
		defer d.Close()
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := box.Host(inside).DialContext(ctx, "tcp", netip.AddrPortFrom(carrier, 80).String()); err == nil {
			t.Fatal("nobody answered")
		}
		if n := box.Bindings(); n != 2 {
			t.Errorf("%d bindings", n)
		}
		t.wait(natLifetimeShort)
		if n := box.Bindings(); n != 1 {
			t.Errorf("%d bindings later", n)
		}
	})
}

// TestNATForgetsConnections: one that has ended is forgotten after the time of transitory
// ones, whoever ended it and how; one that only one end has closed is not.
func TestNATForgetsConnections(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(in, out net.Conn)
		over bool
	}{
		"closed at both ends": {func(in, out net.Conn) { in.Close(); out.Close() }, true},
		"closed inside":       {func(in, _ net.Conn) { in.(interface{ CloseWrite() error }).CloseWrite() }, false},
		"closed outside":      {func(_, out net.Conn) { out.Close() }, false},
		"reset from outside":  {func(_, out net.Conn) { out.(interface{ SetLinger(int) error }).SetLinger(0); out.Close() }, true},
		"open":                {func(net.Conn, net.Conn) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Config{}, func(t *pair) {
				box := t.net.NAT(router, PortRestricted())
				c, d := mustConnect(t.T, box.Host(inside), t.alice)
				defer d.Close()
				defer c.Close()
				t.wait(time.Minute)
				test.end(c, d)
				t.wait(natLifetimeShort - time.Second)
				if n := box.Bindings(); n != 1 {
					t.Errorf("%d bindings at first", n)
				}
				t.wait(2 * time.Second)
				if n := box.Bindings(); (n == 0) != test.over {
					t.Errorf("%d bindings later", n)
				}
			})
		})
	}
}
