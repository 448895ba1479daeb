package overlay

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// BenchmarkRelay sends 100-byte queries over 8 loopback connections, each to be
// forwarded to the 7 others; an operation is one copy delivered.
func BenchmarkRelay(b *testing.B) {
	const peers = 8
	rnd := rand.New(rand.NewPCG(1, 2))
	o := New(Options{
		Config: Config{GUID: ourServent, Max: peers},
		Agent:  "filbert/bench",
		Dialer: &net.Dialer{},
		Rand:   rnd,
	})
	ctx, cancel := context.WithCancel(b.Context())
	var work sync.WaitGroup
	work.Go(func() { o.Run(ctx) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				r := bufio.NewReader(conn)
				line, _, _ := r.ReadLine()
				o.Accept(ctx, conn, r, string(line), time.Now().Add(handshake.Timeout))
			})
		}
	})
	conns := make([]net.Conn, peers)
	for i := range conns {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		conns[i] = conn
		s := handshake.Session{Conn: conn, Reader: bufio.NewReaderSize(conn, 1), Deadline: time.Now().Add(time.Second * 5)}
		if _, err := handshake.Initiate(ctx, s, handshake.Offer{Agent: "bench", GUID: wire.GUID{0: byte(i + 1)}}, yes{}); err != nil {
			b.Fatal(err)
		}
	}
	var got atomic.Int64
	var all sync.WaitGroup
	perPeer := b.N/(peers*(peers-1)) + 1
	want := int64(perPeer * peers * (peers - 1))
	done := make(chan struct{})
	b.ReportAllocs()
	b.ResetTimer()
	for i, conn := range conns {
		all.Go(func() {
			payload := (&wire.Query{Flags: 0x8000, Text: string(make([]byte, 0)) + "blue sky over the long river in the morning with a bright sun", Ext: nil}).AppendTo(nil)
			frame := wire.AppendFrame(nil, wire.GUID{}, 4, 1, &wire.Opaque{Kind: wire.TypeQuery, Payload: payload})
			buf := make([]byte, 0, 64<<10)
			for n := range perPeer {
				binary.LittleEndian.PutUint64(frame, uint64(n)<<8|uint64(i))
				binary.LittleEndian.PutUint64(frame[8:], uint64(n)*0x9E3779B97F4A7C15)
				buf = append(buf, frame...)
				if len(buf)+len(frame) > cap(buf) || n == perPeer-1 {
					if _, err := conn.Write(buf); err != nil {
						return
					}
					buf = buf[:0]
				}
			}
		})
		all.Go(func() {
			buf := make([]byte, 256<<10)
			frame := int64(86)
			rest := int64(0)
			_ = frame
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				rest += int64(n)
				if total := got.Add(int64(n)); total >= want*86 {
					select {
					case done <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		s, _ := o.Status(ctx)
		b.Logf("lost some: got %d of %d bytes, drops %v %+v", got.Load(), want*86, s.Drops.Map(), s.QueueDrops)
	}
	b.StopTimer()
	l.Close()
	for _, c := range conns {
		c.Close()
	}
	all.Wait()
	cancel()
	work.Wait()
}

type yes struct{}

func (yes) Judge(context.Context, *handshake.Peer) handshake.Verdict { return handshake.Accepted() }

var _ = io.EOF
