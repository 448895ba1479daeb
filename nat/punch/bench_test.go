package punch

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/quic-go/quic-go"
)

// benchSize is what one operation moves, in bytes.
const benchSize = 64 << 20

func loopback(b *testing.B) net.PacketConn {
	b.Helper()
	sock, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return sock
}

// pour moves bytes from one end to the other.
func pour(b *testing.B, from io.Writer, to io.Reader) {
	b.Helper()
	b.SetBytes(benchSize)
	block := make([]byte, 64<<10)
	var wg sync.WaitGroup
	for b.Loop() {
		wg.Go(func() {
			for range benchSize / len(block) {
				if _, err := from.Write(block); err != nil {
					b.Error(err)
					return
				}
			}
		})
		if _, err := io.CopyN(io.Discard, to, benchSize); err != nil {
			b.Fatal(err)
		}
		wg.Wait()
	}
}

// BenchmarkPunched moves bytes as after punching; loopback itself is never punched to.
func BenchmarkPunched(b *testing.B) {
	x, y := newPeer(b, loopback(b)), newPeer(b, loopback(b))
	defer x.close()
	defer y.close()
	waits := y.newAttempt(Responder, ID{1}, x.key, nil)
	waits.hear([]netip.AddrPort{addrPort(x.socket.LocalAddr(), netip.AddrPort{})})
	y.enter(waits)
	defer y.leave(waits)
	var far *Conn
	var wg sync.WaitGroup
	wg.Go(func() {
		ev := <-waits.inbox
		far, _ = welcome(context.Background(), ev)
	})
	near, err := x.newAttempt(Initiator, ID{1}, y.key, nil).dial(context.Background(), addrPort(y.socket.LocalAddr(), netip.AddrPort{}), false)
	if err != nil {
		b.Fatal(err)
	}
	wg.Wait()
	defer near.Close()
	out, err := near.Open(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	out.Write([]byte{1})
	in, err := far.Accept(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	io.ReadFull(in, make([]byte, 1))
	pour(b, out, in)
}

// BenchmarkBareQUIC is the same without this package, as quic-go comes.
func BenchmarkBareQUIC(b *testing.B) {
	cfg := certificate(b)
	cfg.NextProtos, cfg.InsecureSkipVerify = []string{"bare"}, true
	s1, s2 := loopback(b), loopback(b)
	t1, t2 := &quic.Transport{Conn: s1}, &quic.Transport{Conn: s2}
	for _, c := range []io.Closer{s1, s2, t1, t2} {
		defer c.Close()
	}
	l, err := t2.Listen(cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	near, err := t1.Dial(context.Background(), s2.LocalAddr(), cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	far, err := l.Accept(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	out, err := near.OpenStreamSync(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	out.Write([]byte{1})
	in, err := far.AcceptStream(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	io.ReadFull(in, make([]byte, 1))
	pour(b, out, in)
	near.CloseWithError(0, "")
}

// BenchmarkTCP is TCP beside them, without TLS.
func BenchmarkTCP(b *testing.B) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	out, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	in, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	pour(b, out, in)
}
