package stun

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// world is a small internet in virtual time.
type world struct {
	*testing.T
	net   *fabric.Net
	wg    sync.WaitGroup
	conns []net.PacketConn
	start time.Time
}

// inWorld runs a test in virtual time, on hosts that are 50 ms apart if it says
// nothing else.
func inWorld(t *testing.T, cfg fabric.Config, f func(w *world)) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		cfg.Settle = bubble.Wait
		if cfg.Latency == nil {
			cfg.Latency = fabric.Constant(50 * time.Millisecond)
		}
		w := &world{T: t, net: fabric.New(cfg), start: time.Now()}
		defer w.net.Close()
		defer w.wg.Wait()
		defer func() {
			for _, c := range w.conns {
				c.Close()
			}
		}()
		f(w)
	})
}

func (w *world) wait(d time.Duration) { time.Sleep(d) }

// socket opens one of a host, which is closed when the test ends.
func (w *world) socket(h *fabric.Host, port uint16) net.PacketConn {
	w.Helper()
	c, err := h.ListenPacket(w.Context(), "udp", fmt.Sprintf(":%d", port))
	if err != nil {
		w.Fatal(err)
	}
	w.conns = append(w.conns, c)
	return c
}

func (w *world) host(addr string) *fabric.Host { return w.net.Host(netip.MustParseAddr(addr)) }

// client opens a socket of a host and a client on it.
func (w *world) client(h *fabric.Host, port uint16) *Client {
	w.Helper()
	return Open(w.socket(h, port), Config{})
}

// serve runs a server with these sockets.
func (w *world) serve(addrs ...string) *Service {
	w.Helper()
	var at []netip.AddrPort
	var conns []net.PacketConn
	for _, a := range addrs {
		addr := netip.MustParseAddrPort(a)
		at = append(at, addr)
		conns = append(conns, w.socket(w.net.Host(addr.Addr()), addr.Port()))
	}
	s := NewService(NewServer(at...), conns...)
	w.wg.Go(s.Run)
	return s
}

// respond gives each datagram of a socket to f, with its number.
func (w *world) respond(c net.PacketConn, f func(i int, m message, from netip.AddrPort)) {
	w.wg.Go(func() {
		i := 0
		readLoop(c, nil, func(b []byte, from netip.AddrPort) {
			m, err := parse(b)
			if err != nil {
				w.Errorf("%x: %v", b, err)
			}
			f(i, m, from)
			i++
		})
	})
}

// say sends a message.
func (w *world) say(c net.PacketConn, to netip.AddrPort, m message) {
	w.Helper()
	if err := writer(c)(m.bytes(), to); err != nil {
		w.Error(err)
	}
}

// wantClock checks how long something took.
func (w *world) wantClock(d time.Duration) {
	w.Helper()
	if got := time.Since(w.start).Round(time.Millisecond); got != d {
		w.Errorf("after %v, want %v", got, d)
	}
}

// listener opens ports of a host that Discover closes.
func listener(h *fabric.Host) func(context.Context) (net.PacketConn, error) {
	return func(ctx context.Context) (net.PacketConn, error) { return h.ListenPacket(ctx, "udp", ":0") }
}
