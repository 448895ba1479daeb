package bench

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"filbert/overlay/wire"
)

// faulty is a relay that does with each copy what fate says: fate gets the
// receiver and the copy, which it may change, and returns how often to send it.
// An error closes all connections.
type faulty struct {
	t     *testing.T
	fate  func(to int, f wire.Frame) (times int, err error)
	mu    sync.Mutex
	conns []net.Conn
}

// startFaulty runs a faulty relay for so many connections for the length of a
// test. It greets when all are there.
func startFaulty(t *testing.T, connections int, fate func(to int, f wire.Frame) (int, error)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &faulty{t: t, fate: fate}
	var work sync.WaitGroup
	work.Go(func() {
		for range connections {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := bareHandshake(conn, make([]byte, bareHello)); err != nil {
				t.Errorf("handshake: %v", err)
			}
			r.conns = append(r.conns, conn)
		}
		ping := wire.AppendFrame(nil, wire.GUID{}, sentTTL, 0, &wire.Ping{})
		for i, conn := range r.conns {
			conn.Write(ping)
			work.Go(func() { r.serve(i, conn) })
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func (r *faulty) serve(from int, conn net.Conn) {
	defer conn.Close()
	in := wire.NewReader(conn)
	for {
		batch, err := in.ReadBatch()
		if err != nil {
			return
		}
		r.mu.Lock()
		for len(batch) > 0 {
			var f wire.Frame
			f, batch, _ = wire.SplitFrame(batch)
			f.SetTTL(f.TTL()-1, f.Hops()+1)
			r.spread(from, f)
		}
		r.mu.Unlock()
	}
}

func (r *faulty) spread(from int, f wire.Frame) {
	for to, conn := range r.conns {
		if to == from {
			continue
		}
		own := append(wire.Frame(nil), f...)
		times, err := r.fate(to, own)
		if err != nil {
			for _, c := range r.conns {
				c.Close()
			}
			return
		}
		for range times {
			conn.Write(own)
		}
	}
}

func dial(t *testing.T, relay netip.AddrPort, connections, window int) *load {
	t.Helper()
	p := RelayConfig{Connections: connections, Window: window}.withDefaults().plain()
	l, err := connect(t.Context(), relay, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

// TestFaultsAreCounted has one receiver of three miss, get twice and get harmed
// some copies.
func TestFaultsAreCounted(t *testing.T) {
	m := newMessages(3, 100)
	var lost, repeated, altered int64
	relay := startFaulty(t, 3, func(to int, f wire.Frame) (int, error) {
		sender, number, ok := m.recognise(f)
		if !ok {
			return 0, errors.New("the load sends what it does not know itself")
		}
		if to == 2 && sender == 0 {
			switch number % 100 {
			case 50:
				lost++
				return 0, nil
			case 51:
				repeated++
				return 2, nil
			case 52:
				altered++
				f[len(f)-2] ^= 1
			}
		}
		return 1, nil
	})
	l := dial(t, relay, 3, 100)
	got, err := l.saturate(t.Context(), 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if lost == 0 || repeated == 0 || altered == 0 {
		t.Fatalf("nothing happened: %d messages", got.Sent)
	}
	if missing := got.Sent*2 - got.Copies; missing != lost+altered || got.Repeated != repeated || got.Altered != altered || got.Stalls != 0 {
		t.Errorf("missing %d, repeated %d, altered %d, stalls %d; want %d, %d, %d, 0",
			missing, got.Repeated, got.Altered, got.Stalls, lost+altered, repeated, altered)
	}
	if got.delays.total != uint64(got.Copies) || got.delays.max <= 0 || got.Elapsed < 50*time.Millisecond {
		t.Errorf("%d of %d copies were timed, at most %v, in %v", got.delays.total, got.Copies, got.delays.max, got.Elapsed)
	}
}

// TestEchoIsNoCopy has a message come back to its sender.
func TestEchoIsNoCopy(t *testing.T) {
	m := newMessages(2, 100)
	r := newReceiver(&load{plan: plan{messages: m}}, 0, ultrapeer, nil)
	r.query(0, afterHop(&m, 0, 1))
	if got := r.take(); got.Altered != 1 || got.Copies != 0 {
		t.Errorf("an echo counts as %d altered, %d copies", got.Altered, got.Copies)
	}
}

// TestLostTailStallsAndGoesOn loses all copies for one receiver for a while: the
// sender gives them up, and the load goes on.
func TestLostTailStallsAndGoesOn(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	deaf := true
	relay := startFaulty(t, 2, func(to int, f wire.Frame) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		if to == 1 && deaf {
			return 0, nil
		}
		return 1, nil
	})
	l := dial(t, relay, 2, 10)
	got, err := l.trickle(t.Context(), 20*time.Millisecond, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if got.Stalls != 1 || got.Copies >= got.Sent {
		t.Errorf("with a deaf receiver %d of %d copies came and %d senders stalled, want 1", got.Copies, got.Sent, got.Stalls)
	}
	mu.Lock()
	deaf = false
	mu.Unlock()
	got, err = l.saturate(t.Context(), 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if got.Stalls != 0 || got.Copies != got.Sent {
		t.Errorf("afterwards %d of %d copies came, %d stalls", got.Copies, got.Sent, got.Stalls)
	}
}

// TestRelayThatEnds ends the load with an error, not with a wait.
func TestRelayThatEnds(t *testing.T) {
	n := 0
	relay := startFaulty(t, 3, func(int, wire.Frame) (int, error) {
		if n++; n > 1000 {
			return 0, errors.New("the end")
		}
		return 1, nil
	})
	l := dial(t, relay, 3, 100)
	if got, err := l.saturate(t.Context(), time.Hour); err == nil {
		t.Errorf("no error, but %d copies", got.Copies)
	}
}

// TestLoadObeys ends a load by its context.
func TestLoadObeys(t *testing.T) {
	relay := startBare(t)
	l := dial(t, relay, 3, 100)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.saturate(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("full load ended with %v", err)
	}
	if _, err := l.trickle(ctx, time.Hour, 10); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("light load ended with %v", err)
	}
}

// TestAliveIsAnswered has a relay ask whether the load is still there.
func TestAliveIsAnswered(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	r := newReceiver(&load{plan: plan{messages: newMessages(2, 100)}}, 0, ultrapeer, &line{conn: theirs})
	var work sync.WaitGroup
	work.Go(func() {
		defer theirs.Close()
		if err := r.batch(wire.AppendFrame(nil, wire.GUID{7}, 1, 0, &wire.Ping{})); err != nil {
			t.Errorf("batch: %v", err)
		}
	})
	batch, err := wire.NewReader(ours).ReadBatch()
	work.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if f := wire.Frame(batch); f.Type() != wire.TypePong || f.GUID() != (wire.GUID{7}) {
		t.Errorf("answered by %v with GUID %v, want the pong", f.Type(), f.GUID())
	}
	if err := r.batch(wire.AppendFrame(nil, wire.GUID{}, 1, 0, &wire.Bye{Code: 200})); err == nil {
		t.Error("a BYE was taken for nothing")
	}
}
