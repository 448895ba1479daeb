package relay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"
)

// benchBytes is carried by one circuit of the benchmark: half a second's worth.
const benchBytes = 512 << 20

// BenchmarkRelay moves bytes over loopback TCP, through the relay and through io.Copy
// between two connections, in turns, and tells the ratio of their times. TLS of the ends
// is left out: it is the same on a direct path.
func BenchmarkRelay(b *testing.B) {
	for _, size := range []int{16 << 10, 64 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("writes of %d KiB", size>>10), func(b *testing.B) {
			var bare, relayed time.Duration
			for b.Loop() {
				bare += moved(b, bareSplice, size)
				relayed += moved(b, relayedCircuit, size)
			}
			total := float64(b.N) * benchBytes / 1e6
			b.ReportMetric(total/bare.Seconds(), "bare-MB/s")
			b.ReportMetric(total/relayed.Seconds(), "relay-MB/s")
			b.ReportMetric(bare.Seconds()/relayed.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// moved is how long benchBytes take through a middle.
func moved(b *testing.B, middle func(*testing.B, context.Context, *sync.WaitGroup) (from, to net.Conn), size int) time.Duration {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var work sync.WaitGroup
	from, to := middle(b, ctx, &work)
	began := time.Now()
	work.Go(func() {
		defer closeWrite(from)
		p := make([]byte, size)
		for range benchBytes / size {
			if _, err := from.Write(p); err != nil {
				b.Error(err)
				return
			}
		}
	})
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{to}, make([]byte, 256<<10))
	took := time.Since(began)
	if n != benchBytes || err != nil {
		b.Fatalf("%d bytes came, %v", n, err)
	}
	from.Close()
	to.Close()
	cancel()
	work.Wait()
	return took
}

func listenLoopback(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// tcpPair returns both ends of a loopback connection.
func tcpPair(tb testing.TB) (dialed, accepted net.Conn) {
	tb.Helper()
	l := listenLoopback(tb)
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	if accepted, err = l.Accept(); err != nil {
		tb.Fatal(err)
	}
	return dialed, accepted
}

func bareSplice(b *testing.B, _ context.Context, work *sync.WaitGroup) (from, to net.Conn) {
	from, in := tcpPair(b)
	out, to := tcpPair(b)
	for _, way := range [][2]net.Conn{{out, in}, {in, out}} {
		work.Go(func() {
			io.Copy(way[0], way[1])
			closeWrite(way[0])
		})
	}
	return from, to
}

// realRelay serves a relay on loopback until ctx ends.
func realRelay(tb testing.TB, ctx context.Context, work *sync.WaitGroup, config ServerConfig) netip.AddrPort {
	tb.Helper()
	l := listenLoopback(tb)
	server := NewServer(config)
	stop := context.AfterFunc(ctx, func() { l.Close() })
	work.Go(func() {
		defer stop()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				r := bufio.NewReaderSize(conn, 4096)
				if line, err := readLine(r); err == nil {
					server.Serve(ctx, conn, r, line)
				}
				conn.Close()
			})
		}
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func dialTCP(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", a.String())
}

// relayedCircuit is a circuit without TLS.
func relayedCircuit(b *testing.B, ctx context.Context, work *sync.WaitGroup) (from, to net.Conn) {
	at := realRelay(b, ctx, work, ServerConfig{Limits: Limits{CircuitBytes: 1 << 40, HourBytes: 1 << 42}})
	client := NewClient(dialTCP, keyOf(2))
	ctl, err := client.call(ctx, at, "reserve")
	if err == nil {
		_, err = client.prove(ctl, at)
	}
	if err != nil {
		b.Fatal(err)
	}
	work.Go(func() { <-ctx.Done(); ctl.conn.Close() })
	accepted := make(chan net.Conn, 1)
	work.Go(func() {
		defer close(accepted)
		line, _ := readLine(ctl.r)
		if c, err := parseControl(line); err == nil && c.kind == offer {
			if s, err := client.open(ctx, at, "accept", request{verb: verbAccept, circuit: c.circuit}); err == nil {
				accepted <- s.Conn
			}
		}
	})
	s, err := client.open(ctx, at, "connect", request{verb: verbConnect, peer: keyOf(2).Peer()})
	if err != nil {
		b.Fatal(err)
	}
	to, ok := <-accepted
	if !ok {
		b.Fatal("the circuit was not accepted")
	}
	return s.Conn, to
}

// TestLoopback is a conversation over real sockets.
func TestLoopback(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	at := realRelay(t, ctx, &work, ServerConfig{})
	alice, bob := NewClient(dialTCP, keyOf(1)), NewClient(dialTCP, keyOf(2))
	ln, err := bob.Listen(ctx, at, ListenConfig{TLS: pinning(keyOf(2), nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	text := make([]byte, 3<<20)
	work.Go(func() {
		conn, err := ln.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Write(text)
		conn.Close()
	})
	id := keyOf(2).Peer()
	conn, err := alice.Dial(ctx, at, id, pinning(keyOf(1), &id))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, err := io.ReadAll(conn); err != nil || len(got) != len(text) {
		t.Errorf("%d bytes came of %d: %v", len(got), len(text), err)
	}
}

// TestDeadlinesLoseNothing moves pieces between real connections under read deadlines
// that pass all the time: none of the bytes is lost.
func TestDeadlinesLoseNothing(t *testing.T) {
	from, in := tcpPair(t)
	out, to := tcpPair(t)
	data := make([]byte, 8<<20)
	rand.NewChaCha8([32]byte{1}).Read(data)
	var work sync.WaitGroup
	defer work.Wait()
	for _, c := range []net.Conn{from, in, out, to} {
		defer c.Close()
	}
	passed := make(chan struct{}, 1)
	work.Go(func() {
		for rest := data; len(rest) > 0; rest = rest[min(len(rest), 10_007):] {
			from.Write(rest[:min(len(rest), 10_007)])
			<-passed
		}
		closeWrite(from)
	})
	late := 0
	work.Go(func() {
		defer closeWrite(out)
		for {
			in.SetReadDeadline(time.Now().Add(20 * time.Microsecond))
			switch n, err := copyPiece(out, in, pieceBytes); {
			case errors.Is(err, os.ErrDeadlineExceeded):
				late++
				select {
				case passed <- struct{}{}:
				default:
				}
			case err != nil || n < pieceBytes:
				if err != nil {
					t.Error(err)
				}
				return
			}
		}
	})
	got, err := io.ReadAll(to)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes came of %d: %v", len(got), len(data), err)
	}
	work.Wait()
	if late < len(data)/10_007 {
		t.Errorf("only %d deadlines passed", late)
	}
}
