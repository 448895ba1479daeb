package overlay

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// BenchmarkRelay sends 87-byte queries over 8 loopback connections, each to be
// forwarded to the 7 others; an operation is one copy delivered. A sender has at
// most two chunks on their way, so that what waits for a link stays within its
// queue: a load without such a bound measures how much the queues drop.
func BenchmarkRelay(b *testing.B) {
	const peers, chunk = 8, 64
	o := New(Options{
		Config: Config{GUID: ourServent, Max: peers},
		Agent:  "filbert/bench",
		Dialer: &net.Dialer{},
		Rand:   rand.New(rand.NewPCG(1, 2)),
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
	f := relayLoad{per: max(b.N/(peers*(peers-1)*chunk), 1) * chunk, chunk: chunk}
	for i := range peers {
		f.connect(b, ctx, l.Addr().String(), i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := f.run(); err != nil {
		s, _ := o.Status(ctx)
		b.Errorf("%v; drops %v, of queues %+v", err, s.Drops.Map(), s.QueueDrops)
	}
	b.StopTimer()
	l.Close()
	for _, c := range f.conns {
		c.Close()
	}
	cancel()
	work.Wait()
}

// relayLoad is the load of BenchmarkRelay.
type relayLoad struct {
	per, chunk int // messages each connection sends, and how many at once
	conns      []net.Conn
	readers    []*wire.Reader
	credits    [][]chan struct{} // by sender and receiver: a token for each chunk that may be on its way
}

// connect opens one connection as an ultrapeer and waits for the node's ping:
// only then is it one of its neighbors.
func (f *relayLoad) connect(b *testing.B, ctx context.Context, addr string, i int) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	s := handshake.Session{Conn: conn, Reader: bufio.NewReaderSize(conn, 1), Deadline: deadline}
	if _, err := handshake.Initiate(ctx, s, handshake.Offer{Agent: "bench", GUID: wire.GUID{0: byte(i + 1)}}, yes{}); err != nil {
		b.Fatal(err)
	}
	r := wire.NewReader(conn)
	if _, err := r.ReadBatch(); err != nil {
		b.Fatal(err)
	}
	f.conns, f.readers = append(f.conns, conn), append(f.readers, r)
}

// run sends and receives everything, or ends after half a minute.
func (f *relayLoad) run() error {
	deadline := time.Now().Add(30 * time.Second)
	var all sync.WaitGroup
	errs := make([]error, 2*len(f.conns))
	for range f.conns {
		row := make([]chan struct{}, len(f.conns))
		for j := range row {
			row[j] = make(chan struct{}, 2)
			row[j] <- struct{}{}
			row[j] <- struct{}{}
		}
		f.credits = append(f.credits, row)
	}
	for i, conn := range f.conns {
		conn.SetDeadline(deadline)
		all.Go(func() { errs[2*i] = f.send(i, deadline) })
		all.Go(func() { errs[2*i+1] = f.receive(i) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (f *relayLoad) send(i int, deadline time.Time) error {
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	text := "blue sky over the long river in the morning with a bright sun"
	frame := wire.AppendFrame(nil, wire.GUID{}, 4, 1, &wire.Query{Flags: wire.FlagMark, Text: text})
	var buf []byte
	for n := 0; n < f.per; {
		for j, credit := range f.credits[i] {
			if j == i {
				continue
			}
			select {
			case <-credit:
			case <-late.C:
				return errors.New("copies are missing")
			}
		}
		buf = buf[:0]
		for range f.chunk {
			binary.LittleEndian.PutUint64(frame, uint64(n)<<8|uint64(i))
			binary.LittleEndian.PutUint64(frame[8:], uint64(n)*0x9E3779B97F4A7C15)
			buf = append(buf, frame...)
			n++
		}
		if _, err := f.conns[i].Write(buf); err != nil {
			return err
		}
	}
	return nil
}

func (f *relayLoad) receive(i int) error {
	got := make([]int, len(f.conns))
	for left := f.per * (len(f.conns) - 1); left > 0; {
		batch, err := f.readers[i].ReadBatch()
		if err != nil {
			return err
		}
		for len(batch) > 0 {
			var frame wire.Frame
			if frame, batch, err = wire.SplitFrame(batch); err != nil {
				return err
			}
			if frame.Type() != wire.TypeQuery {
				continue
			}
			left--
			sender := frame.GUID()[0]
			if got[sender]++; got[sender]%f.chunk == 0 {
				f.credits[sender][i] <- struct{}{}
			}
		}
	}
	return nil
}

type yes struct{}

func (yes) Judge(context.Context, *handshake.Peer) handshake.Verdict { return handshake.Accepted() }
