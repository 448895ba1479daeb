package socket

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"
)

// TestEachReadsItsOwn has three readers of one socket, and answers that come from it.
func TestEachReadsItsOwn(t *testing.T) {
	onBoth(t, func(w *world) {
		s := New(w.a, testIDs(1))
		defer s.Close()
		for k, b := range map[Kind][]byte{Gnutella: ping, STUN: binding, QUIC: initial} {
			v := s.PacketConn(k)
			if again := s.PacketConn(k); again != v {
				w.Errorf("%v: two views", k)
			}
			for range 3 {
				w.send(w.b, w.to(w.a), b)
				from := w.want(v, b)
				if from.String() != w.to(w.b).String() {
					w.Errorf("%v from %v, want %v", k, from, w.to(w.b))
				}
				w.send(v, from, success)
				if from := w.want(w.b, success); from.String() != w.to(w.a).String() {
					w.Errorf("%v answers from %v", k, from)
				}
			}
			if got, want := s.Stats().Kinds[k], (KindStats{Received: 3, Bytes: uint64(3 * len(b)), Sent: 3, SentBytes: uint64(3 * len(success))}); got != want {
				w.Errorf("%v: %+v, want %+v", k, got, want)
			}
		}
	})
}

// TestAddrPort reads and writes without net.Addr.
func TestAddrPort(t *testing.T) {
	onBoth(t, func(w *world) {
		s := New(w.a, nil)
		defer s.Close()
		v := s.PacketConn(STUN).(addrPortConn)
		w.send(w.b, w.to(w.a), binding)
		b := make([]byte, 10)
		n, from, err := v.ReadFromUDPAddrPort(b)
		if n != 10 || err != nil || from != w.to(w.b).(*net.UDPAddr).AddrPort() {
			w.Fatalf("read %d bytes from %v, %v", n, from, err)
		}
		if _, err := v.WriteToUDPAddrPort(success, from); err != nil {
			w.Fatal(err)
		}
		w.want(w.b, success)
	})
}

// TestUnread drops what nobody has asked for, or asks for no more.
func TestUnread(t *testing.T) {
	onBoth(t, func(w *world) {
		s := New(w.a, nil)
		defer s.Close()
		gnutella := s.PacketConn(Gnutella)
		wait := func() {
			w.send(w.b, w.to(w.a), ping)
			w.want(gnutella, ping)
		}
		w.send(w.b, w.to(w.a), binding)
		wait()
		stun := s.PacketConn(STUN)
		w.send(w.b, w.to(w.a), binding)
		w.want(stun, binding)
		if err := stun.Close(); err != nil {
			w.Fatal(err)
		}
		w.send(w.b, w.to(w.a), binding)
		wait()
		if got := s.Stats().Kinds[STUN]; got.Dropped(DropUnread) != 2 || got.Received != 3 {
			w.Errorf("%+v, want two unread of three", got)
		}
		if _, _, err := stun.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
			w.Errorf("read of a closed view: %v", err)
		}
		if _, err := stun.WriteTo(ping, w.to(w.b)); !errors.Is(err, net.ErrClosed) {
			w.Errorf("write to a closed view: %v", err)
		}
		if err := stun.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
			w.Errorf("deadline of a closed view: %v", err)
		}
		if err := stun.Close(); !errors.Is(err, net.ErrClosed) {
			w.Errorf("second close: %v", err)
		}
	})
}

// TestLongest takes a datagram of the longest length, and none longer.
func TestLongest(t *testing.T) {
	onBoth(t, func(w *world) {
		s := New(w.a, nil)
		defer s.Close()
		v := s.PacketConn(Gnutella)
		for n := maxDatagram - 1; n <= maxDatagram+1; n++ {
			w.send(w.b, w.to(w.a), make([]byte, n))
		}
		w.send(w.b, w.to(w.a), ping)
		w.want(v, make([]byte, maxDatagram-1))
		w.want(v, make([]byte, maxDatagram))
		w.want(v, ping)
		if got := s.Stats().Kinds[Gnutella]; got.Dropped(DropLong) != 1 || got.Bytes != 2*maxDatagram-1+uint64(len(ping)) {
			w.Errorf("%+v", got)
		}
	})
}

// TestSlowReader fills the queues of one view, which costs the others nothing.
func TestSlowReader(t *testing.T) {
	for _, test := range []struct {
		name string
		b    []byte
		most int
	}{
		{"datagrams", binding, stunDatagrams},
		{"bytes", append([]byte{0, 1, 0x01, 0xec, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 504)...), stunBytes / 512},
	} {
		for n := test.most - 1; n <= test.most+1; n++ {
			onFabric(t, func(w *world) {
				s := New(w.a, nil)
				defer s.Close()
				stun, gnutella := s.PacketConn(STUN), s.PacketConn(Gnutella)
				for range n {
					w.send(w.b, w.to(w.a), test.b)
					w.wait(time.Millisecond)
				}
				w.send(w.b, w.to(w.a), ping)
				w.want(gnutella, ping)
				got := s.Stats().Kinds[STUN]
				if lost := uint64(max(0, n-test.most)); got.Dropped(DropDatagrams)+got.Dropped(DropBytes) != lost {
					w.Errorf("%s: %d sent: %+v", test.name, n, got)
				}
				for range min(n, test.most) {
					w.want(stun, test.b)
				}
				w.wantNothing(stun)
				w.send(w.b, w.to(w.a), test.b)
				w.want(stun, test.b)
			})
		}
	}
}

// TestDeadlines moves them while a reader waits, and has each view keep its own.
func TestDeadlines(t *testing.T) {
	onFabric(t, func(w *world) {
		s := New(w.a, nil)
		defer s.Close()
		v, other := s.PacketConn(Gnutella), s.PacketConn(STUN)
		start := time.Now()
		wantTimeout := func(after time.Duration) {
			w.Helper()
			_, _, err := v.ReadFrom(make([]byte, 100))
			var timeout net.Error
			if !errors.As(err, &timeout) || !timeout.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
				w.Errorf("read: %v", err)
			}
			if got := time.Since(start); got != after {
				w.Errorf("read ended after %v, want %v", got, after)
			}
		}
		v.SetReadDeadline(start.Add(time.Second))
		wantTimeout(time.Second)
		wantTimeout(time.Second)

		v.SetReadDeadline(start.Add(time.Hour))
		time.AfterFunc(time.Second, func() { v.SetReadDeadline(start.Add(3 * time.Second)) })
		wantTimeout(3 * time.Second)

		v.SetReadDeadline(start.Add(4 * time.Second))
		time.AfterFunc(500*time.Millisecond, func() { v.SetReadDeadline(start.Add(6 * time.Second)) })
		wantTimeout(6 * time.Second)

		v.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Hour, func() { v.SetReadDeadline(time.Now()) })
		wantTimeout(time.Hour + 6*time.Second)

		// What waits is read when the deadline is moved again.
		w.send(w.b, w.to(w.a), ping)
		w.wait(time.Second)
		wantTimeout(time.Hour + 7*time.Second)
		w.want(v, ping)

		v.SetDeadline(time.Now())
		if _, err := v.WriteTo(ping, w.to(w.b)); !errors.Is(err, os.ErrDeadlineExceeded) {
			w.Errorf("write: %v", err)
		}
		w.send(w.b, w.to(w.a), binding)
		w.want(other, binding)
		v.SetWriteDeadline(time.Now().Add(time.Second))
		w.send(v, w.to(w.b), ping)
		w.want(w.b, ping)
	})
}

// TestClose ends readers that wait, and the loop.
func TestClose(t *testing.T) {
	onBoth(t, func(w *world) {
		s := New(w.a, nil)
		var wg sync.WaitGroup
		for k := range Kind(kinds) {
			for range 2 {
				wg.Go(func() {
					if _, _, err := s.PacketConn(k).ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
						w.Errorf("%v: %v", k, err)
					}
				})
			}
		}
		if err := s.Close(); err != nil {
			w.Error(err)
		}
		wg.Wait()
		if err := s.Close(); err != nil {
			w.Errorf("second close: %v", err)
		}
		if _, err := w.a.WriteTo(ping, w.to(w.b)); !errors.Is(err, net.ErrClosed) {
			w.Errorf("the socket is open: %v", err)
		}
	})
}

// TestSocketClosedBelow has somebody else close the socket.
func TestSocketClosedBelow(t *testing.T) {
	onBoth(t, func(w *world) {
		s := New(w.a, nil)
		v := s.PacketConn(Gnutella)
		w.a.Close()
		if _, _, err := v.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
			w.Error(err)
		}
		s.Close()
	})
}

// failing is a socket that fails now and then.
type failing struct {
	net.PacketConn
	errors int
}

func (f *failing) ReadFrom(b []byte) (int, net.Addr, error) {
	if f.errors > 0 {
		f.errors--
		return 0, nil, errors.New("connection refused")
	}
	return f.PacketConn.ReadFrom(b)
}

// TestErrorsPass goes on after errors of the socket, and can be closed meanwhile.
func TestErrorsPass(t *testing.T) {
	onFabric(t, func(w *world) {
		s := New(&failing{w.a, 5}, nil)
		w.send(w.b, w.to(w.a), ping)
		w.want(s.PacketConn(Gnutella), ping)
		if got := s.Stats().Errors; got != 5 {
			w.Errorf("%d errors counted, want 5", got)
		}
		s.Close()
		s = New(&failing{w.b, 1 << 30}, nil)
		w.wait(time.Second)
		s.Close()
		if got := s.Stats().Errors; got < 99 || got > 101 {
			w.Errorf("%d errors in a second", got)
		}
	})
}

// TestRejectAllocatesNothing is the way of garbage that nobody reads.
func TestRejectAllocatesNothing(t *testing.T) {
	v := newView(&Socket{}, queue{maxPackets: 1, maxBytes: 100})
	p := packet{netip.MustParseAddrPort("10.0.0.1:1"), newBuffer()[:50]}
	if n := testing.AllocsPerRun(100, func() { p.data = v.put(p) }); n != 0 {
		t.Errorf("unread: %v allocations", n)
	}
	v.wanted = true
	v.put(p)
	if n := testing.AllocsPerRun(100, func() { v.put(p) }); n != 0 {
		t.Errorf("full: %v allocations", n)
	}
}

// TestQueueOrder wraps the ring at every length.
func TestQueueOrder(t *testing.T) {
	for depth := 1; depth <= 9; depth++ {
		q := queue{maxPackets: 9, maxBytes: 1 << 20}
		next, read := byte(0), byte(0)
		for range 100 {
			for q.count < depth {
				if _, reason := q.push(packet{data: []byte{next}}); reason != 0 {
					t.Fatal(reason)
				}
				next++
			}
			for range 1 + int(read)%depth {
				b := []byte{0}
				if q.pop(b); b[0] != read {
					t.Fatalf("depth %d: read %d, want %d", depth, b[0], read)
				}
				read++
			}
		}
		if q.count == 0 != (q.bytes == 0) {
			t.Errorf("%d datagrams of %d bytes", q.count, q.bytes)
		}
	}
}
