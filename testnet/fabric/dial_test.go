package fabric

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestDialNobody(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		_, err := t.alice.DialContext(t.Context(), "tcp", "192.0.2.1:6346")
		var timeout net.Error
		if !errors.Is(err, syscall.ETIMEDOUT) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("dial: %v, want a timeout", err)
		}
		t.wantClock("the end", 127*time.Second)
		t.wantDrops(DropNoHost, synAttempts)
	})
}

func TestDialContextDeadline(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := t.alice.DialContext(ctx, "tcp", "192.0.2.1:6346")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial: %v, want the deadline of the context", err)
		}
		t.wantClock("the end", 10*time.Second)
	})
}

// TestDialGivenUp has the answer come too late: the other side gets a reset.
func TestDialGivenUp(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		l := mustListen(t.T, t.bob, ":6346")
		ctx, cancel := context.WithTimeout(t.Context(), 99*time.Millisecond)
		defer cancel()
		if _, err := t.alice.DialContext(ctx, "tcp", "10.0.0.2:6346"); err == nil {
			t.Error("dial was faster than a round trip")
		}
		t.wait(time.Second)
		if trace := t.net.Trace(); trace.Counts[Reset] != 1 || trace.Counts[Ack] != 0 {
			t.Errorf("%d resets and %d ACKs, want 1 and 0", trace.Counts[Reset], trace.Counts[Ack])
		}
		if n := halfOpen(l); n != 0 {
			t.Errorf("%d half open connections remain", n)
		}
	})
}

// halfOpen returns how many handshakes of a listener are under way.
func halfOpen(l net.Listener) int {
	mu := &l.(*listener).host.net.mu
	mu.Lock()
	defer mu.Unlock()
	return l.(*listener).halfOpen
}

func TestDialBeforeListen(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		n := t.net
		var wg sync.WaitGroup
		wg.Go(func() {
			c, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.3:6346")
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
			t.wantClock("dial", 7100*time.Millisecond) // SYNs at 0, 1, 3 and 7 s
		})
		t.wait(5 * time.Second)
		l := mustListen(t.T, n.Host(carol), ":6346")
		if _, err := l.Accept(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestAcceptBacklog(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		l := mustListen(t.T, t.bob, ":6346")
		for range acceptBacklog {
			if _, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:6346"); err != nil {
				t.Fatal(err)
			}
		}
		t.wantDrops(DropBacklog, 0)
		t.start = time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:6346"); err != nil {
				t.Error(err)
			}
			t.wantClock("dial into a full backlog", 1100*time.Millisecond)
		})
		t.wait(time.Second / 2)
		t.wantDrops(DropBacklog, 1)
		if _, err := l.Accept(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestAddresses(t *testing.T) {
	six := netip.MustParseAddr("2001:db8::6")
	inBubble(t, Config{}, func(t *pair) {
		carol, dave := t.net.Host(six), t.net.Host(six.Next())
		for _, tc := range []struct {
			host             *Host
			network, address string
			want             string // of the listener's address
		}{
			{t.bob, "tcp", ":1", "0.0.0.0:1"},
			{t.bob, "tcp4", "0.0.0.0:2", "0.0.0.0:2"},
			{t.bob, "tcp", "10.0.0.2:3", "10.0.0.2:3"},
			{t.bob, "tcp", "[::ffff:10.0.0.2]:33", "10.0.0.2:33"},
			{t.bob, "tcp", "localhost:4", "127.0.0.1:4"},
			{t.bob, "tcp", "127.0.0.2:5", "127.0.0.2:5"},
			{t.bob, "tcp", "10.0.0.1:6", "cannot assign requested address"},
			{t.bob, "tcp", "[::1]:7", "cannot assign requested address"},
			{t.bob, "tcp6", ":8", "no suitable address"},
			{t.bob, "tcp", "example.com:9", "no such host"},
			{t.bob, "tcp", ":http", "invalid port"},
			{t.bob, "tcp", ":65536", "invalid port"},
			{carol, "tcp", ":1", "[::]:1"},
			{carol, "tcp6", "[2001:db8::6]:2", "[2001:db8::6]:2"},
			{carol, "tcp", "localhost:3", "[::1]:3"},
			{carol, "tcp4", ":4", "no suitable address"},
		} {
			l, err := tc.host.Listen(t.Context(), tc.network, tc.address)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = l.Addr().String()
			}
			if got != tc.want && (err == nil || !strings.Contains(got, tc.want)) {
				t.Errorf("listen %s %s: %s, want %s", tc.network, tc.address, got, tc.want)
			}
		}
		for _, tc := range []struct {
			host    *Host
			address string
			want    error
		}{
			{t.alice, "10.0.0.2:1", nil},
			{t.alice, "10.0.0.2:3", nil},
			{t.alice, "10.0.0.2:4", syscall.ECONNREFUSED}, // it listens on the loopback address
			{t.bob, "127.0.0.1:4", nil},
			{t.bob, "localhost:4", nil},
			{t.bob, ":4", nil},
			{t.bob, "0.0.0.0:1", nil},
			{t.bob, "10.0.0.2:1", nil},
			{t.bob, "127.0.0.1:3", syscall.ECONNREFUSED},
			{t.alice, "10.0.0.2:0", syscall.ECONNREFUSED},
			{t.alice, "[2001:db8::6]:1", syscall.ENETUNREACH},
			{dave, "[2001:db8::6]:1", nil},
			{dave, "[2001:db8::6]:2", nil},
			{carol, "[::1]:3", nil},
			{dave, "10.0.0.2:1", syscall.ENETUNREACH},
		} {
			began := time.Now()
			c, err := tc.host.DialContext(t.Context(), "tcp", tc.address)
			if !errors.Is(err, tc.want) {
				t.Errorf("%v dials %s: %v, want %v", tc.host.addr, tc.address, err, tc.want)
			}
			if err != nil {
				continue
			}
			local := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr()
			if remote := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr(); local.IsLoopback() != remote.IsLoopback() {
				t.Errorf("dial %s: connected from %v to %v", tc.address, local, remote)
			}
			if took := time.Since(began); local == tc.host.addr && tc.host == t.alice && took != 100*time.Millisecond {
				t.Errorf("dial %s took %v", tc.address, took)
			}
		}
	})
}

func TestDatagramAddresses(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		listen := func(h *Host, address string) net.PacketConn {
			c, err := h.ListenPacket(t.Context(), "udp", address)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		local, everywhere, own := listen(t.bob, "127.0.0.1:1"), listen(t.bob, ":2"), listen(t.bob, "10.0.0.2:3")
		for _, tc := range []struct {
			from net.PacketConn
			to   string
			want string // the source the receiver sees, or the error
		}{
			{local, "127.0.0.1:1", "127.0.0.1:1"},
			{local, "10.0.0.1:1", "invalid argument"},
			{everywhere, "127.0.0.1:1", "127.0.0.1:2"},
			{everywhere, "10.0.0.2:3", "10.0.0.2:2"},
			{own, "10.0.0.2:2", "10.0.0.2:3"},
			{own, "[2001:db8::6]:2", "network is unreachable"},
		} {
			to := netip.MustParseAddrPort(tc.to)
			_, err := tc.from.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(to))
			if err != nil {
				if !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%v to %s: %v, want %s", tc.from.LocalAddr(), tc.to, err, tc.want)
				}
				continue
			}
			receiver := map[uint16]net.PacketConn{1: local, 2: everywhere, 3: own}[to.Port()]
			if _, source, err := receiver.ReadFrom(make([]byte, 1)); err != nil || source.String() != tc.want {
				t.Errorf("%v to %s came from %v, %v; want %s", tc.from.LocalAddr(), tc.to, source, err, tc.want)
			}
		}
	})
}

// TestPortsAreDeterministic wants ports that do not depend on which goroutine of a host is first, and differ.
func TestPortsAreDeterministic(t *testing.T) {
	ports := func() (ports [8]string) {
		inBubble(t, Config{Seed: 5}, func(t *pair) {
			l := mustListen(t.T, t.bob, ":6346")
			m := mustListen(t.T, t.bob, ":6347")
			var wg sync.WaitGroup
			for _, address := range []string{"10.0.0.2:6346", "10.0.0.2:6347"} {
				wg.Go(func() { t.alice.DialContext(t.Context(), "tcp", address) })
			}
			wg.Wait()
			for i, l := range []net.Listener{l, m} {
				c, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				ports[i] = c.RemoteAddr().String()
			}
			for i := range 3 {
				ports[2+i] = mustListen(t.T, t.bob, ":0").Addr().String()
				ports[5+i] = mustListenPacket(t.T, t.bob).LocalAddr().String()
			}
		})
		return ports
	}
	first := ports()
	for range 20 {
		if again := ports(); again != first {
			t.Fatalf("ports %v, then %v", first, again)
		}
	}
	seen := map[string]bool{}
	for _, p := range first {
		if seen[p] {
			t.Errorf("port given twice: %v", first)
		}
		seen[p] = true
	}
}

func TestPortsRunOut(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		for range dynamicPorts {
			mustListenPacket(t.T, t.bob)
		}
		if _, err := t.bob.ListenPacket(t.Context(), "udp", ":0"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("one more: %v, want EADDRINUSE", err)
		}
	})
}
