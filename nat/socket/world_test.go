package socket

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// world is two sockets that reach one another.
type world struct {
	*testing.T
	a, b net.PacketConn
}

// onBoth runs a test on the fabric, in virtual time, and on loopback.
func onBoth(t *testing.T, f func(w *world)) {
	t.Run("fabric", func(t *testing.T) { onFabric(t, f) })
	t.Run("loopback", func(t *testing.T) {
		listen := func() net.PacketConn {
			c, err := net.ListenPacket("udp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		}
		f(&world{t, listen(), listen()})
	})
}

func onFabric(t *testing.T, f func(w *world)) {
	bubble.Test(t, func(t *testing.T) {
		n := fabric.New(fabric.Config{Settle: bubble.Wait, MTU: 2 * maxDatagram, Latency: fabric.Constant(50 * time.Millisecond)})
		defer n.Close()
		listen := func(addr string) net.PacketConn {
			c, err := n.Host(netip.MustParseAddr(addr)).ListenPacket(t.Context(), "udp", ":5000")
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		a, b := listen("10.0.0.1"), listen("10.0.0.2")
		defer a.Close()
		defer b.Close()
		f(&world{t, a, b})
	})
}

// to is the address of a socket, as seen by others.
func (w *world) to(c net.PacketConn) net.Addr {
	addr := c.LocalAddr().(*net.UDPAddr)
	if addr.IP.IsUnspecified() {
		host := "10.0.0.1"
		if c == w.b {
			host = "10.0.0.2"
		}
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(host), uint16(addr.Port)))
	}
	return addr
}

func (w *world) send(from net.PacketConn, to net.Addr, b []byte) {
	w.Helper()
	if _, err := from.WriteTo(b, to); err != nil {
		w.Fatal(err)
	}
}

func (w *world) want(from net.PacketConn, b []byte) net.Addr {
	w.Helper()
	from.SetReadDeadline(time.Now().Add(10 * time.Second))
	got := make([]byte, maxDatagram)
	n, addr, err := from.ReadFrom(got)
	if err != nil {
		w.Fatal(err)
	}
	if string(got[:n]) != string(b) {
		w.Fatalf("read %x, want %x", got[:n], b)
	}
	return addr
}

// wantNothing waits for what was sent before to arrive, and for nothing else.
func (w *world) wantNothing(from net.PacketConn) {
	w.Helper()
	from.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, _, err := from.ReadFrom(make([]byte, maxDatagram)); !errors.Is(err, os.ErrDeadlineExceeded) {
		w.Fatalf("read %d bytes, %v", n, err)
	}
	from.SetReadDeadline(time.Time{})
}

// wait lets virtual time pass.
func (w *world) wait(d time.Duration) { time.Sleep(d) }
