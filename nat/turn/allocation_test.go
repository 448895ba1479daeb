package turn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// TestBetweenSymmetric has two hosts talk through NATs that no hole leads through. The
// one with the allocation lets in the other's host alone.
func TestBetweenSymmetric(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a := w.allocate()
		peer, stranger := w.socket(2), w.socket(3)
		if a.Addr().Addr() != netip.MustParseAddrPort(serverAddr).Addr() {
			w.Errorf("relayed at %v", a.Addr())
		}
		send(w.T, peer, a.LocalAddr(), "too early")
		wantSilence(w.T, a)
		if err := a.Permit(w.Context(), netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("2001:db8::2")); err != nil {
			w.Fatal(err)
		}
		talk(w.T, a, peer, 20)
		send(w.T, stranger, a.LocalAddr(), "let me in")
		wantSilence(w.T, a)
		if _, err := a.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("203.0.113.3:7000"))); !errors.Is(err, ErrNotPermitted) {
			w.Errorf("sent to a stranger: %v", err)
		}
		if err := a.Close(); err != nil || w.open.Load() != 0 {
			w.Errorf("closed: %v, and the server has %d", err, w.open.Load())
		}
		if err := errors.Join(a.Close(), a.Permit(w.Context(), netip.MustParseAddr("203.0.113.4"))); err == nil {
			w.Error("closed twice")
		}
		if _, err := a.WriteTo([]byte("x"), peer.LocalAddr()); err == nil {
			w.Error("sent after the end")
		}
		if _, _, err := a.ReadFrom(make([]byte, 9)); !errors.Is(err, net.ErrClosed) {
			w.Errorf("read after the end: %v", err)
		}
	})
}

// TestStaysOpen uses an allocation now and then for an hour: its lifetime and those of
// permission and channel are some minutes.
func TestStaysOpen(t *testing.T) {
	inWorld(t, fabric.Config{Loss: fabric.LossRate(0.05), Seed: 3}, func(w *world) {
		a := w.allocate()
		peer := w.socket(2)
		if err := a.Permit(w.Context(), netip.MustParseAddr("203.0.113.2")); err != nil {
			w.Fatal(err)
		}
		got := 0
		b := make([]byte, 100)
		for range 60 {
			for range 5 { // some get lost
				send(w.T, peer, a.LocalAddr(), "still there?")
				a.SetReadDeadline(time.Now().Add(time.Second))
				_, from, err := a.ReadFrom(b)
				if err != nil {
					continue
				}
				send(w.T, a, from, "yes")
				peer.SetReadDeadline(time.Now().Add(time.Second))
				if _, _, err := peer.ReadFrom(b); err == nil {
					got++
					break
				}
			}
			w.wait(time.Minute)
		}
		if got < 60 || w.ended.Load() > 0 {
			w.Errorf("%d of 60 answers, %d allocations ended", got, w.ended.Load())
		}
	})
}

// TestRefused asks in vain.
func TestRefused(t *testing.T) {
	at := netip.MustParseAddrPort(serverAddr)
	for _, test := range []struct {
		name   string
		server Server
		at     netip.AddrPort
		quota  int64
		code   int // 0: no answer
	}{
		{"wrong password", NewServer(serverAddr, user, "guess"), at, 1, 401},
		{"wrong user", NewServer(serverAddr, "bob", password), at, 1, 401},
		{"quota", known, at, 0, 486},
		{"nobody there", known, netip.MustParseAddrPort("198.51.100.9:3478"), 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, fabric.Config{}, func(w *world) {
				w.quota = test.quota
				ctx, cancel := context.WithTimeout(w.Context(), 3*time.Second)
				defer cancel()
				conn := w.socket(1)
				a, err := Allocate(ctx, conn, test.at, test.server)
				var refused *StatusError
				switch {
				case a != nil || err == nil:
					w.Fatal("it gave an address")
				case test.code == 0 && !errors.Is(err, context.DeadlineExceeded), test.code != 0 && (!errors.As(err, &refused) || refused.Code != test.code):
					w.Errorf("said %v", err)
				case strings.Contains(err.Error(), password) || strings.Contains(err.Error(), user):
					w.Errorf("tells the password: %v", err)
				}
				if _, err := conn.WriteTo([]byte("x"), conn.LocalAddr()); !errors.Is(err, net.ErrClosed) {
					w.Errorf("the socket is open: %v", err)
				}
			})
		})
	}
}

// TestEndIsTold loses the first words of the end: they are said again. A server that
// is gone is not waited for long.
func TestEndIsTold(t *testing.T) {
	for name, gone := range map[string]bool{"lost": false, "gone": true} {
		t.Run(name, func(t *testing.T) {
			lose := 0
			inWorld(t, fabric.Config{Loss: func(fabric.Draw) bool { lose--; return lose >= 0 }}, func(w *world) {
				a := w.allocate()
				began := time.Now()
				if lose = 2; gone {
					lose = 1 << 30
				}
				if err := a.Close(); err != nil {
					w.Error(err)
				}
				took := time.Since(began)
				if gone && (took != freeTime || w.open.Load() != 1) || !gone && (took >= freeTime || w.open.Load() != 0) {
					w.Errorf("took %v, the server has %d", took, w.open.Load())
				}
			})
		})
	}
}

// TestStrangersToTheSocket send to it what a server would, and datagrams that are too
// long come through the server: neither reaches the reader, or ends it.
func TestStrangersToTheSocket(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		own := w.socketOf(w.net.Host(netip.MustParseAddr("203.0.113.1")))
		a, err := Allocate(w.Context(), own, netip.MustParseAddrPort(serverAddr), known)
		if err != nil {
			w.Fatal(err)
		}
		w.closers = append(w.closers, a.Close)
		peer := w.socket(2)
		if err := a.Permit(w.Context(), netip.MustParseAddr("203.0.113.2")); err != nil {
			w.Fatal(err)
		}
		talk(w.T, a, peer, 2) // a channel is open: 0x4000
		send(w.T, peer, own.LocalAddr(), "\x40\x00\x00\x04evil")
		wantSilence(w.T, a)
		send(w.T, peer, a.LocalAddr(), strings.Repeat("long", 370)) // 1,480 bytes
		talk(w.T, a, peer, 2)
	})
}

// TestCaps fills both tables, and goes one beyond.
func TestCaps(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a := w.allocate()
		if !a.Room() {
			w.Error("there is no room from the start")
		}
		var hosts []netip.Addr
		for i := range maxPermitted + 1 {
			hosts = append(hosts, netip.AddrFrom4([4]byte{203, 0, byte(i / 200), byte(1 + i%200)}))
		}
		for i := 0; i < maxPermitted; i += 32 {
			if err := a.Permit(w.Context(), hosts[i:i+32]...); err != nil {
				w.Fatal(err)
			}
		}
		if err := a.Permit(w.Context(), hosts[0], hosts[maxPermitted]); !errors.Is(err, ErrFull) {
			w.Errorf("one more host: %v", err)
		}
		if a.Room() {
			w.Error("there is room for another peer")
		}
		for i := range maxReached + 1 {
			_, err := a.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(hosts[i], 7000)))
			if (err == nil) != (i < maxReached) || err != nil && !errors.Is(err, ErrFull) {
				w.Errorf("address %d: %v", i, err)
			}
		}
		w.wait(time.Minute)
		if hosts, addrs := a.size(); hosts != maxPermitted || addrs != maxReached {
			w.Errorf("%d hosts, %d addresses", hosts, addrs)
		}
	})
}

// TestPermitEnds with its context, and a refusal is forgotten.
func TestPermitEnds(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a := w.allocate()
		w.server.Close()
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := a.Permit(ctx, netip.MustParseAddr("203.0.113.2")); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("said %v", err)
		}
		w.wait(time.Minute)
		if hosts, _ := a.size(); hosts != 0 {
			w.Errorf("%d hosts may send, as the server never said", hosts)
		}
		a.Close()
	})
}

// FuzzReceive gives the client what a server might send: it neither fails nor keeps
// more than its queue.
func FuzzReceive(f *testing.F) {
	f.Add([]byte("\x40\x00\x00\x04data"))
	f.Add([]byte("\x01\x03\x00\x08\x21\x12\xa4\x42............\x00\x20\x00\x00\x00\x16\x00\x00"))
	f.Add([]byte("\x00\x17\x00\x14\x21\x12\xa4\x42............\x00\x12\x00\x08\x00\x01\x11\x22\x33\x44\x55\x66\x00\x13\x00\x04data"))
	f.Add([]byte("\x00\x17\x00\x08\x21\x12\xa4\x42............\x00\x12\x00\x00\x00\x13\x00\x00"))
	f.Add([]byte("\x00\x1c\x00\x08\x21\x12\xa4\x42............\x00\x12\x00\x00\x00\x2a\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		inWorld(t, fabric.Config{}, func(w *world) {
			a := w.allocate()
			for range 3 {
				a.receive(b)
			}
		})
	})
}

func (a *Allocation) size() (hosts, addrs int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.permitted), len(a.reached)
}
