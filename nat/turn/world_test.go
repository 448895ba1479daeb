package turn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// world is a small internet in virtual time with a TURN server, of pion.
type world struct {
	*testing.T
	net    *fabric.Net
	server *turn.Server
	quota  int64 // allocations at a time
	open   atomic.Int64
	ended  atomic.Int64 // allocations

	closers []func() error
}

const (
	oneWay     = 40 * time.Millisecond
	serverAddr = "198.51.100.1:3478"
	user       = "anna"
	password   = "secret"
)

var known = NewServer(serverAddr, user, password)

func inWorld(t *testing.T, cfg fabric.Config, f func(w *world)) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		cfg.Settle = bubble.Wait
		if cfg.Latency == nil {
			cfg.Latency = fabric.Constant(oneWay)
		}
		w := &world{T: t, net: fabric.New(cfg), quota: 8}
		defer w.net.Close()
		w.serve()
		defer func() { w.server.Close() }()
		defer func() {
			for _, close := range w.closers {
				close() // the second time in most tests
			}
		}()
		f(w)
	})
}

func (w *world) wait(d time.Duration) { time.Sleep(d) }

// serve starts the server.
func (w *world) serve() {
	w.Helper()
	host := w.net.Host(netip.MustParseAddrPort(serverAddr).Addr())
	conn, err := host.ListenPacket(w.Context(), "udp", ":3478")
	if err != nil {
		w.Fatal(err)
	}
	w.server, err = turn.NewServer(turn.ServerConfig{
		Realm:         "filbert",
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
		AuthHandler: func(r *turn.RequestAttributes) (string, []byte, bool) {
			return user, turn.GenerateAuthKey(user, "filbert", password), r.Username == user
		},
		QuotaHandler: func(string, string, net.Addr) bool { return w.open.Load() < w.quota },
		EventHandler: turn.EventHandler{
			OnAllocationCreated: func(net.Addr, net.Addr, string, string, string, net.Addr, int) { w.open.Add(1) },
			OnAllocationDeleted: func(net.Addr, net.Addr, string, string, string) { w.open.Add(-1); w.ended.Add(1) },
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: conn, RelayAddressGenerator: relays{w.Context(), host}}},
	})
	if err != nil {
		w.Fatal(err)
	}
}

// relays gives sockets of a host to allocations.
type relays struct {
	ctx  context.Context
	host *fabric.Host
}

func (relays) Validate() error { return nil }

func (r relays) AllocatePacketConn(turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	conn, err := r.host.ListenPacket(r.ctx, "udp", "198.51.100.1:0")
	if err != nil {
		return nil, nil, err
	}
	return conn, conn.LocalAddr(), nil
}

func (relays) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errors.ErrUnsupported
}

func (relays) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}

// socket opens one behind a NAT of its own, of the worst kind.
func (w *world) socket(i byte) net.PacketConn {
	w.Helper()
	box := w.net.NAT(netip.AddrFrom4([4]byte{203, 0, 113, i}), fabric.Symmetric())
	return w.socketOf(box.Host(netip.AddrFrom4([4]byte{192, 168, i, 2})))
}

func (w *world) socketOf(h *fabric.Host) net.PacketConn {
	w.Helper()
	conn, err := h.ListenPacket(w.Context(), "udp", ":0")
	if err != nil {
		w.Fatal(err)
	}
	w.closers = append(w.closers, conn.Close)
	return conn
}

func (w *world) allocate() *Allocation {
	w.Helper()
	a, err := Allocate(w.Context(), w.socket(1), netip.MustParseAddrPort(serverAddr), known)
	if err != nil {
		w.Fatal(err)
	}
	w.closers = append(w.closers, a.Close)
	return a
}

// wantRead reads a datagram that begins so.
func wantRead(t *testing.T, conn net.PacketConn, want string) (from net.Addr) {
	t.Helper()
	b := make([]byte, 1452)
	conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	n, from, err := conn.ReadFrom(b)
	if err != nil || string(b[:n]) != want {
		t.Fatalf("%v got %q, %v; want %q", conn.LocalAddr(), b[:n], err, want)
	}
	return from
}

// wantSilence reads nothing.
func wantSilence(t *testing.T, conn net.PacketConn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(time.Second))
	if n, from, err := conn.ReadFrom(make([]byte, 2000)); err == nil {
		t.Fatalf("%v got %d bytes of %v", conn.LocalAddr(), n, from)
	}
}

func send(t *testing.T, conn net.PacketConn, to net.Addr, text string) {
	t.Helper()
	if _, err := conn.WriteTo([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// talk has datagrams go both ways for some times.
func talk(t *testing.T, a *Allocation, peer net.PacketConn, times int) {
	t.Helper()
	for i := range times {
		ask, answer := fmt.Sprint("ask ", i), fmt.Sprint("answer ", i)
		send(t, peer, a.LocalAddr(), ask)
		from := wantRead(t, a, ask)
		send(t, a, from, answer)
		if by := wantRead(t, peer, answer); by.String() != a.Addr().String() {
			t.Fatalf("answered by %v", by)
		}
	}
}
