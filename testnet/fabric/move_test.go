package fabric

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// TestMove takes a host from one box to another, and out of it: what it had open is
// stranded at both ends, and what listens everywhere goes on at the new address.
func TestMove(t *testing.T) {
	away := netip.MustParseAddr("198.18.7.1")
	inBubble(t, Config{}, func(t *pair) {
		first, second := t.net.NAT(router, PortRestricted()), t.net.NAT(carrier, FullCone())
		laptop := first.Host(inside)
		a, all, one := t.peer(t.alice, 1), t.peer(laptop, 5000), t.peer(laptop, 6000)
		bound, err := laptop.ListenPacket(t.Context(), "udp", netip.AddrPortFrom(inside, 7000).String())
		if err != nil {
			t.Fatal(err)
		}
		defer bound.Close()
		at := netip.AddrPortFrom(alice, 1)
		if got := all.seen(a, at); got.Addr() != router {
			t.Fatalf("seen as %v", got)
		}
		c, d := mustConnect(t.T, laptop, t.alice)
		defer d.Close()

		for _, to := range []struct {
			addr, seen netip.Addr
			behind     *NAT
		}{{inside2, carrier, second}, {away, away, nil}} {
			own, err := laptop.Addrs()
			if err != nil {
				t.Fatal(err)
			}
			t.net.At(time.Now(), Move{Host: own[0].Addr(), To: to.addr, Behind: to.behind})
			t.wait(time.Second)
			if now, err := laptop.Addrs(); err != nil || now[0].Addr() != to.addr {
				t.Fatalf("at %v, %v", now, err)
			}
			if got := one.seen(a, at); got.Addr() != to.seen {
				t.Errorf("at %v seen as %v, want %v", to.addr, got, to.seen)
			}
			if _, err := bound.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(at)); err == nil {
				t.Error("a socket of the old address sends")
			}
			e, f := mustConnect(t.T, laptop, t.alice)
			e.Close()
			f.Close()
			c.Write([]byte("x"))
			d.SetReadDeadline(time.Now().Add(time.Hour))
			if _, err := d.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("by the old address came %v", err)
			}
		}
		d.Write([]byte("x"))
		c.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("to the old address came %v", err)
		}
		c.Close()
		t.net.At(time.Now(), Move{Host: router, To: inside}) // a box stays where it is
		t.net.At(time.Now(), Move{Host: away, To: alice})    // somebody is there
		t.wait(time.Second)
		if now, err := laptop.Addrs(); err != nil || now[0].Addr() != away {
			t.Errorf("at %v, %v", now, err)
		}
	})
}
