package bench

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"filbert/overlay/wire"
)

// peer is a servent beside a relay.
type peer struct {
	t    *testing.T
	conn net.Conn
	in   *wire.Reader
	rest []byte
}

// startBare runs a bare relay for the length of a test.
func startBare(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	relay := newBareRelay(l)
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		if err := relay.Run(ctx); err != nil {
			t.Errorf("relay: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); work.Wait() })
	return relay.Addr()
}

// comes up and waits for the relay's ping.
func comes(t *testing.T, relay netip.AddrPort, i int) *peer {
	t.Helper()
	line, err := call(t.Context(), relay, guest{number: i})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.conn.Close() })
	line.conn.SetReadDeadline(time.Now().Add(connectTimeout))
	p := &peer{t: t, conn: line.conn, in: line.in}
	if f := p.next(); f.Type() != wire.TypePing {
		t.Fatalf("the relay greets with %v, want a ping", f.Type())
	}
	return p
}

func (p *peer) next() wire.Frame {
	p.t.Helper()
	if len(p.rest) == 0 {
		batch, err := p.in.ReadBatch()
		if err != nil {
			p.t.Fatal(err)
		}
		p.rest = batch
	}
	f, rest, err := wire.SplitFrame(p.rest)
	if err != nil {
		p.t.Fatal(err)
	}
	p.rest = rest
	return f
}

func (p *peer) send(frames ...[]byte) {
	p.t.Helper()
	if _, err := p.conn.Write(joined(frames)); err != nil {
		p.t.Fatal(err)
	}
}

func joined(frames [][]byte) (b []byte) {
	for _, f := range frames {
		b = append(b, f...)
	}
	return b
}

// want expects messages of one sender, and nothing in between.
func (p *peer) want(m *messages, sender int, numbers ...int64) {
	p.t.Helper()
	for _, want := range numbers {
		f := p.next()
		if s, n, ok := m.recognise(f); !ok || s != sender || n != want {
			p.t.Fatalf("got message %d of %d, unharmed %v, TTL %d, hops %d; want message %d of %d", n, s, ok, f.TTL(), f.Hops(), want, sender)
		}
	}
}

func TestBareRelays(t *testing.T) {
	relay := startBare(t)
	m := newMessages(8, 100)
	a, b, c := comes(t, relay, 1), comes(t, relay, 2), comes(t, relay, 3)
	query := func(number int64) []byte { return m.appendTo(nil, 1, number) }

	a.send(query(1), query(2))
	b.want(&m, 1, 1, 2)
	c.want(&m, 1, 1, 2)

	// A copy that comes again, another way or the same, stays here. So does
	// what has no TTL left.
	b.send(query(2))
	ended := wire.Frame(query(3))
	ended.SetTTL(1, 3)
	a.send(query(1), ended, query(4))
	b.want(&m, 1, 4)
	c.want(&m, 1, 4)

	// A message in pieces is a message.
	whole := query(5)
	for _, part := range [][]byte{whole[:10], whole[10:23], whole[23:60], whole[60:]} {
		a.send(part)
	}
	b.want(&m, 1, 5)

	// Who sent got nothing back: this is the first it gets.
	b.send(m.appendTo(nil, 2, 1))
	a.want(&m, 2, 1)
	c.want(&m, 1, 5)
	c.want(&m, 2, 1)

	// One that leaves does not hold up the others.
	c.conn.Close()
	for n := range int64(5000) {
		a.send(query(10 + n))
		b.want(&m, 1, 10+n)
	}
}

// TestBareWaits has a peer that reads late: nothing is lost.
func TestBareWaits(t *testing.T) {
	relay := startBare(t)
	m := newMessages(8, 100)
	a, b := comes(t, relay, 1), comes(t, relay, 2)
	const n = 100_000 // 10 MB: more than the relay and the sockets hold
	var sending sync.WaitGroup
	sending.Go(func() {
		var batch []byte
		for i := range int64(n) {
			if batch = m.appendTo(batch, 1, i); len(batch) > 50_000 || i == n-1 {
				if _, err := a.conn.Write(batch); err != nil {
					t.Errorf("send: %v", err)
					return
				}
				batch = batch[:0]
			}
		}
	})
	for i := range int64(n) {
		b.want(&m, 1, i)
	}
	sending.Wait()
}

func TestBareEndsWhatIsNoGnutella(t *testing.T) {
	relay := startBare(t)
	a := comes(t, relay, 1)
	long := wire.Header{Type: wire.TypeQueryHit, TTL: 3, Length: wire.MaxPayload + 1}
	a.send(long.AppendTo(nil))
	if _, err := a.in.ReadBatch(); err != io.EOF {
		t.Errorf("after a message too long: %v, want the end", err)
	}
}
