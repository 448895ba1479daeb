package fabric

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	alice = netip.MustParseAddr("10.0.0.1")
	bob   = netip.MustParseAddr("10.0.0.2")
	carol = netip.MustParseAddr("10.0.0.3")
)

// pair is alice and bob in a bubble, 50 ms apart if the test says nothing else.
type pair struct {
	*testing.T
	net        *Net
	alice, bob *Host
	start      time.Time
}

// inBubble runs a test of two hosts in virtual time.
func inBubble(t *testing.T, cfg Config, f func(t *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if cfg.Latency == nil {
			cfg.Latency = Constant(50 * time.Millisecond)
		}
		cfg.Settle, cfg.Keep = synctest.Wait, 1000
		n := New(cfg)
		defer func() {
			n.Close()
			if t.Failed() {
				n.Trace().WriteTo(t.Output())
			}
		}()
		f(&pair{T: t, net: n, alice: n.Host(alice), bob: n.Host(bob), start: time.Now()})
	})
}

// wait lets virtual time pass.
func (p *pair) wait(d time.Duration) { time.Sleep(d) }

// fault schedules a fault, and waits until it has happened.
func (p *pair) fault(f Fault) {
	p.net.At(time.Now(), f)
	time.Sleep(time.Nanosecond)
}

// wantClock checks how long the test has run.
func (p *pair) wantClock(what string, d time.Duration) {
	p.Helper()
	if got := time.Since(p.start).Round(time.Millisecond); got != d {
		p.Errorf("%s after %v, want %v", what, got, d)
	}
}

func (p *pair) wantDrops(reason DropReason, n uint64) {
	p.Helper()
	if got := p.net.Stats().Drops[reason]; got != n {
		p.Errorf("%d drops for %v, want %d", got, reason, n)
	}
}

// connect returns alice's and bob's end of a connection.
func (p *pair) connect() (a, b net.Conn) {
	p.Helper()
	return mustConnect(p.T, p.alice, p.bob)
}

// sockets returns a UDP socket of alice and one of bob.
func (p *pair) sockets() (a, b net.PacketConn) {
	p.Helper()
	return mustListenPacket(p.T, p.alice), mustListenPacket(p.T, p.bob)
}

func mustConnect(t *testing.T, from, to *Host) (dialed, accepted net.Conn) {
	t.Helper()
	dialed, accepted, err := connect(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	return dialed, accepted
}

// connect returns both ends of a connection from one host to the other.
func connect(ctx context.Context, from, to *Host) (dialed, accepted net.Conn, err error) {
	l, err := to.Listen(ctx, "tcp", ":0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if dialed, err = from.DialContext(ctx, "tcp", at(to, l.Addr())); err != nil {
		return nil, nil, err
	}
	accepted, err = l.Accept()
	return dialed, accepted, err
}

func mustListen(t *testing.T, h *Host, address string) net.Listener {
	t.Helper()
	l, err := h.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustListenPacket(t *testing.T, h *Host) net.PacketConn {
	t.Helper()
	c, err := h.ListenPacket(t.Context(), "udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at returns the address of a host with the port of addr.
func at(h *Host, addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		panic(err)
	}
	return net.JoinHostPort(h.addr.String(), port)
}

// udpAt returns where a socket of the host is reached.
func udpAt(h *Host, c net.PacketConn) net.Addr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at(h, c.LocalAddr())))
}

// wantRead reads until s has arrived.
func wantRead(t testing.TB, c net.Conn, s string) {
	t.Helper()
	p := make([]byte, len(s))
	if n, err := io.ReadFull(c, p); string(p) != s {
		t.Fatalf("read %q, %v; want %q", p[:n], err, s)
	}
}

func wantWrite(t testing.TB, c net.Conn, s string) {
	t.Helper()
	if n, err := c.Write([]byte(s)); n != len(s) || err != nil {
		t.Fatalf("write %q = %d, %v", s, n, err)
	}
}

// wantDatagrams reads datagrams until a second passes without one.
func wantDatagrams(t testing.TB, c net.PacketConn, want ...string) {
	t.Helper()
	var got []string
	p := make([]byte, maxDatagram)
	for {
		c.SetReadDeadline(time.Now().Add(time.Second))
		n, _, err := c.ReadFrom(p)
		if err != nil {
			break
		}
		got = append(got, string(p[:n]))
	}
	c.SetReadDeadline(time.Time{})
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("datagrams %q, want %q", got, want)
	}
}
