package nat

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// home is a host behind a router that has an entry for each address that is written to.
type home struct {
	*testing.T
	net *fabric.Net
	box *fabric.NAT
	r   *Router
}

var outside = netip.MustParseAddr("9.1.1.1")

func atHome(t *testing.T, f func(h *home)) {
	bubble.Test(t, func(t *testing.T) {
		n := fabric.New(fabric.Config{Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
		defer n.Close()
		box := n.NAT(netip.MustParseAddr("9.200.1.1"), fabric.Symmetric())
		host := box.Host(netip.MustParseAddr("192.168.1.2"))
		f(&home{t, n, box, NewRouter(host, netip.Addr.IsPrivate)})
	})
}

// port opens a UDP port.
func (h *home) port(address string) net.PacketConn {
	h.Helper()
	c, err := h.r.ListenPacket(h.Context(), "udp", address)
	if err != nil {
		h.Fatal(err)
	}
	return c
}

// listens has a stranger take connections, and close those that end, until end is called.
func (h *home) listens() (end func()) {
	h.Helper()
	l, err := h.net.Host(outside).Listen(h.Context(), "tcp", ":80")
	if err != nil {
		h.Fatal(err)
	}
	var work sync.WaitGroup
	ctx, stop := context.WithCancel(h.Context())
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer c.Close()
				defer context.AfterFunc(ctx, func() { c.Close() })()
				io.Copy(io.Discard, c) // until its end, or ours
			})
		}
	})
	return func() {
		l.Close()
		stop()
		work.Wait()
	}
}

// TestRouterHoldsDatagrams writes to many more addresses than the router has room for: the
// router never has more entries than it may, those that are in use go on, and what is
// written to others is lost and counted.
func TestRouterHoldsDatagrams(t *testing.T) {
	atHome(t, func(h *home) {
		c := h.port(":7000")
		defer c.Close()
		for i := range 5 * maxEntries {
			h.net.Host(remoteNumber(i).addr.Addr())
			if n, err := c.WriteTo([]byte("hello"), net.UDPAddrFromAddrPort(remoteNumber(i).addr)); n != 5 || err != nil {
				h.Fatal(n, err)
			}
		}
		time.Sleep(time.Second)
		const room = maxEntries - keptEntries
		if got, want := h.r.Counts(), (EntryCounts{room, room, maxEntries, 4*maxEntries + keptEntries}); got != want {
			h.Errorf("%+v, want %+v", got, want)
		}
		if n := h.box.Bindings(); n != room {
			h.Errorf("%d entries in the router", n)
		}
		time.Sleep(entryLifetime)
		if got := h.r.Counts(); got.Now != 0 || h.box.Bindings() != 0 {
			h.Errorf("long after: %+v, and %d in the router", got, h.box.Bindings())
		}
		for i := range 2 * maxEntries { // there is no router on the way to these
			c.WriteTo([]byte("hello"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, byte(i >> 8), byte(i)}), 1)))
		}
		if got := h.r.Counts(); got.Now != 0 {
			h.Errorf("with neighbors: %+v", got)
		}
	})
}

// TestRouterHoldsConnections opens as many as there is room for: one more waits until an
// entry is free, or in vain; a link goes before.
func TestRouterHoldsConnections(t *testing.T) {
	atHome(t, func(h *home) {
		end := h.listens()
		defer end()
		dial := func(wait time.Duration, by interface {
			DialContext(context.Context, string, string) (net.Conn, error)
		}) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(h.Context(), wait)
			defer cancel()
			return by.DialContext(ctx, "tcp", netip.AddrPortFrom(outside, 80).String())
		}
		var conns []net.Conn
		defer func() {
			for _, c := range conns {
				c.Close()
			}
		}()
		const room = maxEntries - keptEntries
		for range room {
			c, err := dial(time.Second, h.r)
			if err != nil {
				h.Fatal(err)
			}
			conns = append(conns, c)
		}
		if _, err := dial(10*time.Second, h.r); !errors.Is(err, ErrCrowded) || !errors.Is(err, context.DeadlineExceeded) {
			h.Errorf("one more: %v", err)
		}
		c, err := dial(time.Second, h.r.Links())
		if err != nil {
			h.Fatalf("a link: %v", err)
		}
		conns = append(conns, c)
		if got, want := h.r.Counts(), (EntryCounts{room + 1, room + 1, maxEntries, 1}); got != want {
			h.Errorf("%+v, want %+v", got, want)
		}
		conns[0].Close()
		conns[1].Close()
		conns[1].Close() // counts once
		began := time.Now()
		if c, err = dial(time.Hour, h.r); err != nil {
			h.Fatal(err)
		}
		conns = append(conns, c)
		if took := time.Since(began); took < endedLifetime || took > endedLifetime+2*entryPause {
			h.Errorf("waited for %v", took)
		}
		if got := h.r.Counts(); got.Now != room || got.Refused != 1 || h.box.Bindings() != room {
			h.Errorf("%+v, and %d in the router", got, h.box.Bindings())
		}
	})
}

// TestRouterDialsInVain: who does not answer has an entry as long as the router keeps it.
func TestRouterDialsInVain(t *testing.T) {
	atHome(t, func(h *home) {
		ctx, cancel := context.WithTimeout(h.Context(), 10*time.Second)
		defer cancel()
		if _, err := h.r.DialContext(ctx, "tcp", "9.9.9.9:80"); err == nil {
			h.Fatal("nobody answered")
		}
		time.Sleep(endedLifetime - 10*time.Second) // since its last SYN, three seconds before
		if got := h.r.Counts(); got.Now != 1 || h.box.Bindings() != 1 {
			h.Errorf("%+v, and %d in the router", got, h.box.Bindings())
		}
		time.Sleep(10 * time.Second)
		if got := h.r.Counts(); got.Now != 0 || h.box.Bindings() != 0 {
			h.Errorf("%+v, and %d in the router", got, h.box.Bindings())
		}
	})
}

// TestRouterOnSystem does not take away what sockets of the system can, and what an
// address wrote may be answered.
func TestRouterOnSystem(t *testing.T) {
	type system struct {
		net.Dialer
		net.ListenConfig
	}
	r := NewRouter(&system{}, func(netip.Addr) bool { return false })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := r.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, ok := c.(io.ReaderFrom); !ok {
		t.Error("files are copied through the program")
	}
	var at [2]netip.AddrPort
	var ports [2]udpConn
	for i := range ports {
		p, err := r.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		at[i], ports[i] = p.LocalAddr().(*net.UDPAddr).AddrPort(), p.(udpConn)
	}
	buf := make([]byte, 10)
	for i := range 2 {
		if _, err := ports[i].WriteToUDPAddrPort([]byte("hello"), at[1-i]); err != nil {
			t.Fatal(err)
		}
		if n, from, err := ports[1-i].ReadFromUDPAddrPort(buf); err != nil || string(buf[:n]) != "hello" || from != at[i] {
			t.Errorf("%q from %v, %v", buf[:n], from, err)
		}
	}
	if got := r.Counts(); got.Now != 2 || got.Refused != 0 { // the connection, and the datagram that was no answer
		t.Errorf("%+v", got)
	}
}

// BenchmarkDatagrams writes to two addresses in turn.
func BenchmarkDatagrams(b *testing.B) {
	r := NewRouter(nil, netip.Addr.IsPrivate)
	p := &port{r: r, number: 1}
	to := [2]netip.AddrPort{remoteNumber(1).addr, remoteNumber(2).addr}
	b.ReportAllocs()
	for i := range b.N {
		if !p.may(to[i&1]) {
			b.Fatal("lost")
		}
	}
}

// TestRouterStrands ends the connections by an address that the machine has no more, those
// to its own network too, and has their entries end; others go on.
func TestRouterStrands(t *testing.T) {
	atHome(t, func(h *home) {
		end := h.listens()
		defer end()
		was, is := netip.MustParseAddr("192.168.1.2"), netip.MustParseAddr("10.0.0.2")
		near, err := h.box.Host(netip.MustParseAddr("192.168.1.3")).Listen(h.Context(), "tcp", ":80")
		if err != nil {
			h.Fatal(err)
		}
		defer near.Close()
		dial := func(address string) net.Conn {
			c, err := h.r.DialContext(h.Context(), "tcp", address)
			if err != nil {
				h.Fatal(err)
			}
			return c
		}
		far := netip.AddrPortFrom(outside, 80).String()
		old := []net.Conn{dial(far), dial("192.168.1.3:80")}
		if !h.r.From(was) || h.r.From(is) || h.r.Counts().Now != 1 {
			h.Errorf("by the old address: %v, by the new one: %v, %+v", h.r.From(was), h.r.From(is), h.r.Counts())
		}
		h.net.At(time.Now(), fabric.Move{Host: was, To: is, Behind: h.box})
		time.Sleep(time.Second)
		c := dial(far)
		defer c.Close()
		h.r.Strand(func(a netip.Addr) bool { return a == is })
		for _, c := range old {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
				h.Error(err)
			}
			c.Close()
		}
		if h.r.From(was) || !h.r.From(is) || h.r.Counts().Now != 2 {
			h.Errorf("afterwards by the old address: %v, by the new one: %v, %+v", h.r.From(was), h.r.From(is), h.r.Counts())
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			h.Error(err)
		}
		time.Sleep(endedLifetime)
		if h.r.Counts().Now != 1 {
			h.Errorf("later %+v", h.r.Counts())
		}
	})
}
