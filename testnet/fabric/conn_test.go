package fabric

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"
)

// TestConn is the conformance test of golang.org/x/net, in real time.
func TestConn(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no latency":     {Latency: Constant(0)},
		"jitter":         {Latency: Uniform(0, 200*time.Microsecond)},
		"small segments": {Latency: Constant(0), Segment: 700},
	} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				n := New(cfg)
				c1, c2, err = connect(t.Context(), n.Host(alice), n.Host(bob))
				return c1, c2, func() { n.Close() }, err
			})
		})
	}
}

func TestConnectCostsOneRoundTrip(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		l := mustListen(t.T, t.bob, ":6346")
		c, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:6346")
		if err != nil {
			t.Fatal(err)
		}
		t.wantClock("dial", 100*time.Millisecond)
		wantWrite(t, c, "hello")
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.wantClock("accept", 150*time.Millisecond)
		wantRead(t, s, "hello")
		t.wantClock("first bytes", 150*time.Millisecond)
	})
}

func TestReceiveWindowBlocksWriter(t *testing.T) {
	const room = receiveWindow + sendBuffer
	for _, tc := range []struct{ size, written int }{{room - 1, room - 1}, {room, room}, {room + 1, room}} {
		inBubble(t, Config{}, func(t *pair) {
			a, _ := t.connect()
			a.SetWriteDeadline(time.Now().Add(time.Hour))
			n, err := a.Write(make([]byte, tc.size))
			if blocked := errors.Is(err, os.ErrDeadlineExceeded); n != tc.written || blocked != (n < tc.size) {
				t.Errorf("write of %d bytes nobody reads = %d, %v; want %d", tc.size, n, err, tc.written)
			}
		})
	}
}

func TestReaderLetsWriterGoOn(t *testing.T) {
	inBubble(t, Config{Segment: 1000}, func(t *pair) {
		a, b := t.connect()
		want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		var wg sync.WaitGroup
		wg.Go(func() {
			a.Write(want)
			a.Close()
		})
		t.wait(time.Hour)
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %d bytes, %v; want the %d that were written", len(got), err, len(want))
		}
		wg.Wait()
	})
}

func TestWindowUpdate(t *testing.T) {
	for _, tc := range []struct {
		read    int
		goesOn  bool
		updates uint64
	}{{windowUpdate - 1, false, 0}, {windowUpdate, true, 1}} {
		inBubble(t, Config{}, func(t *pair) {
			a, b := t.connect()
			a.Write(make([]byte, receiveWindow+sendBuffer))
			t.wait(time.Second)
			io.ReadFull(b, make([]byte, tc.read))
			a.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := a.Write([]byte("x")); (err == nil) != tc.goesOn {
				t.Errorf("after %d bytes were read: write: %v", tc.read, err)
			}
			if got := t.net.Trace().Counts[Window]; got != tc.updates {
				t.Errorf("after %d bytes were read: %d window updates, want %d", tc.read, got, tc.updates)
			}
		})
	}
}

// TestWritesOfOneInstantAreOne has bytes from writes of any size leave together, cut at the size of segments.
func TestWritesOfOneInstantAreOne(t *testing.T) {
	inBubble(t, Config{Segment: 40}, func(t *pair) {
		a, b := t.connect()
		for range 50 {
			wantWrite(t, a, "ab")
		}
		t.wait(time.Second)
		var sizes []int
		for _, ev := range t.net.Trace().Events() {
			if ev.Kind == Data {
				sizes = append(sizes, ev.Len)
			}
		}
		if len(sizes) != 3 || sizes[0] != 40 || sizes[1] != 40 || sizes[2] != 20 {
			t.Errorf("100 bytes left as segments of %v", sizes)
		}
		b.Close()
	})
}

// TestJitterKeepsOrder has no segment of a connection overtake another.
func TestJitterKeepsOrder(t *testing.T) {
	inBubble(t, Config{Latency: Uniform(0, time.Second)}, func(t *pair) {
		a, b := t.connect()
		for i := range 100 {
			wantWrite(t, a, string(rune('a'+i%26)))
			t.wait(10 * time.Millisecond)
		}
		for i := range 100 {
			wantRead(t, b, string(rune('a'+i%26)))
		}
	})
}

func TestDeadlineIsExact(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		a, b := t.connect()
		t.start = time.Now()
		var wg sync.WaitGroup
		a.SetReadDeadline(time.Now().Add(time.Second))
		wg.Go(func() {
			t.wait(500 * time.Millisecond)
			a.SetReadDeadline(time.Now().Add(2500 * time.Millisecond)) // moved while a reader waits
		})
		_, err := a.Read(make([]byte, 1))
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("read: %v, want a timeout", err)
		}
		t.wantClock("timeout", 3*time.Second)
		wg.Wait()

		// At one instant a deadline passes before a segment arrives.
		b.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		wantWrite(t, a, "x")
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v, want a timeout", err)
		}
		b.SetReadDeadline(time.Time{})
		wantRead(t, b, "x")
	})
}

func TestCloseSendsTheRest(t *testing.T) {
	for _, tc := range []struct {
		name  string
		after time.Duration // the peer begins to read
		want  error
	}{
		{"reads in time", lingerTime - time.Second, nil},
		{"reads too late", lingerTime + time.Second, syscall.ECONNRESET},
	} {
		inBubble(t, Config{}, func(t *pair) {
			a, b := t.connect()
			const size = receiveWindow + sendBuffer
			a.Write(make([]byte, size))
			a.Close()
			t.wait(tc.after)
			n, err := io.Copy(io.Discard, b)
			if !errors.Is(err, tc.want) || err == nil && n != size {
				t.Errorf("%s: read %d bytes, %v; want error %v", tc.name, n, err, tc.want)
			}
		})
	}
}

func TestNetCloseEndsEverything(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		_, b := t.connect()
		l := mustListen(t.T, t.bob, ":6346")
		u, _ := t.sockets()
		var wg sync.WaitGroup
		blocked := func(what string, f func() error) {
			wg.Go(func() {
				if err := f(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("%s: %v, want net.ErrClosed", what, err)
				}
			})
		}
		blocked("read", func() error { _, err := b.Read(make([]byte, 1)); return err })
		blocked("write", func() error { _, err := b.Write(make([]byte, 1<<20)); return err })
		blocked("accept", func() error { _, err := l.Accept(); return err })
		blocked("read from", func() error { _, _, err := u.ReadFrom(make([]byte, 1)); return err })
		blocked("dial", func() error { _, err := t.alice.DialContext(t.Context(), "tcp", "192.0.2.1:1"); return err })
		t.wait(time.Second)
		t.net.Close()
		wg.Wait()
		blocked("dial after close", func() error { _, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:1"); return err })
		blocked("listen after close", func() error { _, err := t.net.Host(carol).Listen(t.Context(), "tcp", ":1"); return err })
		wg.Wait()
	})
}
