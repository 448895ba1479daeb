package link

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"filbert/overlay/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loop is a Sink that keeps what it hears.
type loop struct {
	batches chan []byte
	drained chan struct{}
	ended   chan error
	hold    bool // release no batch
}

func newLoop() *loop {
	return &loop{batches: make(chan []byte, 100), drained: make(chan struct{}, 100), ended: make(chan error, 2)}
}

func (s *loop) Received(l *Link, batch []byte) {
	s.batches <- bytes.Clone(batch)
	if !s.hold {
		l.Release()
	}
}
func (s *loop) Drained(*Link)            { s.drained <- struct{}{} }
func (s *loop) Ended(_ *Link, err error) { s.ended <- err }

// pair connects two ends in memory, or over loopback when real is set.
func pair(t *testing.T, real bool) (ours, theirs net.Conn) {
	t.Helper()
	if !real {
		return net.Pipe()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if theirs, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if ours, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// zipped is a peer's end of a deflated link, by the library of others.
type zipped struct {
	net.Conn
	w *zlib.Writer
	r io.ReadCloser
}

func (z *zipped) Write(b []byte) (int, error) {
	n, err := z.w.Write(b)
	if err == nil {
		err = z.w.Flush()
	}
	return n, err
}

// Read takes the end of the connection for that of the stream.
func (z *zipped) Read(b []byte) (n int, err error) {
	if z.r == nil {
		if z.r, err = zlib.NewReader(z.Conn); err != nil {
			return 0, err
		}
	}
	if n, err = z.r.Read(b); errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// converse runs body over both kinds of connection, plain and deflated; in memory
// in virtual time.
func converse(t *testing.T, body func(t *testing.T, s *loop, l *Link, peer net.Conn)) {
	run := func(t *testing.T, real, deflated bool) {
		ours, theirs := pair(t, real)
		defer theirs.Close()
		if deflated {
			theirs = &zipped{Conn: theirs, w: zlib.NewWriter(theirs)}
		}
		var wg sync.WaitGroup
		s := newLoop()
		l := Start(7, Stream{Conn: ours, Inflate: deflated, Deflate: deflated}, s, &wg)
		body(t, s, l, theirs)
		l.Abort()
		wg.Wait()
	}
	for _, deflated := range []bool{false, true} {
		name := map[bool]string{false: "plain", true: "deflated"}[deflated]
		t.Run(name+" in memory", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { run(t, false, deflated) }) })
		t.Run(name+" over loopback", func(t *testing.T) { run(t, true, deflated) })
	}
}

func TestBothWays(t *testing.T) {
	converse(t, func(t *testing.T, s *loop, l *Link, peer net.Conn) {
		query := frame(wire.TypeQuery, 1, 123)
		for range 3 {
			if _, err := peer.Write(query); err != nil {
				t.Fatal(err)
			}
			if got := <-s.batches; !bytes.Equal(got, query) {
				t.Fatalf("received %x, want %x", got, query)
			}
		}
		var q Queue
		q.Push(query)
		l.Flush(&q)
		got := make([]byte, len(query))
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, query) {
			t.Fatalf("the peer read %x, %v", got, err)
		}
	})
}

func TestPrefix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe()
		defer peer.Close()
		query := frame(wire.TypeQuery, 1, 123)
		var wg sync.WaitGroup
		s := newLoop()
		l := Start(7, Stream{Conn: ours, Prefix: query[:50]}, s, &wg)
		if _, err := peer.Write(query[50:]); err != nil {
			t.Fatal(err)
		}
		if got := <-s.batches; !bytes.Equal(got, query) {
			t.Errorf("received %x, want what came during the handshake first", got)
		}
		l.Abort()
		wg.Wait()
	})
}

// TestPeerEnds looks at what the loop is told when the peer goes.
func TestPeerEnds(t *testing.T) {
	converse(t, func(t *testing.T, s *loop, l *Link, peer net.Conn) {
		peer.Close()
		if err := <-s.ended; !errors.Is(err, io.EOF) {
			t.Errorf("ended with %v, want EOF", err)
		}
	})
	converse(t, func(t *testing.T, s *loop, l *Link, peer net.Conn) {
		peer.Write(frame(wire.TypeQuery, 1, 123)[:60])
		peer.Close()
		if err := <-s.ended; !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("ended with %v, want an unexpected EOF", err)
		}
	})
}

// TestMalformed sends what is no message: the peer is still told why.
func TestMalformed(t *testing.T) {
	converse(t, func(t *testing.T, s *loop, l *Link, peer net.Conn) {
		query := frame(wire.TypeQuery, 1, 123)
		junk := bytes.Repeat([]byte{0xff}, 2*wire.HeaderLen)
		go peer.Write(append(bytes.Clone(query), junk...))
		if got := <-s.batches; !bytes.Equal(got, query) {
			t.Errorf("received %x before the junk, want the query", got)
		}
		var malformed *wire.FormatError
		if err := <-s.ended; !errors.As(err, &malformed) {
			t.Fatalf("ended with %v, want a FormatError", err)
		}
		var q Queue
		bye := wire.Frame(wire.AppendFrame(nil, wire.GUID{}, 1, 0, &wire.Bye{Code: 400, Text: "junk"}))
		q.Push(bye)
		l.Flush(&q)
		l.Close()
		got := make([]byte, len(bye))
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, bye) {
			t.Errorf("the peer read %x, %v, want the BYE", got, err)
		}
	})
}

func TestCloseSendsWhatIsPending(t *testing.T) {
	converse(t, func(t *testing.T, s *loop, l *Link, peer net.Conn) {
		var q Queue
		bye := wire.Frame(wire.AppendFrame(nil, wire.GUID{}, 1, 0, &wire.Bye{Code: 200, Text: "Servent shutdown"}))
		q.Push(bye)
		l.Flush(&q)
		l.Close()
		if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, bye) {
			t.Errorf("the peer read %x, %v, want the BYE and the end", got, err)
		}
		peer.Close()
		<-s.ended
	})
}

// TestCloseDoesNotWaitForever closes towards a peer that neither reads nor
// ends.
func TestCloseDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe()
		defer peer.Close()
		var wg sync.WaitGroup
		s := newLoop()
		l := Start(7, Stream{Conn: ours}, s, &wg)
		var q Queue
		q.Push(frame(wire.TypeBye, 0, 40))
		l.Flush(&q)
		began := time.Now()
		l.Close()
		wg.Wait()
		if took := time.Since(began); took > grace {
			t.Errorf("closing took %v", took)
		}
	})
}

// TestSlowPeer lets a peer read nothing: the loop is not held up, the queue
// keeps the rest until there is room, and a peer that stays so is given up.
func TestSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe()
		defer peer.Close()
		var wg sync.WaitGroup
		s := newLoop()
		l := Start(7, Stream{Conn: ours}, s, &wg)
		var q Queue
		flush := func(n int) {
			for range n {
				q.Push(frame(wire.TypeQuery, 1, 1024))
			}
			l.Flush(&q)
			synctest.Wait()
		}
		flush(1)  // is being written
		flush(64) // pending
		flush(10) // waits in the queue
		if q.Len() != 10*1024 || l.Pending() != maxPending {
			t.Fatalf("%d bytes wait in the queue and %d in the link", q.Len(), l.Pending())
		}
		if _, err := io.CopyN(io.Discard, peer, 1024); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(s.drained) != 0 {
			t.Error("told that there is room while all of it is still being written")
		}
		if _, err := io.CopyN(io.Discard, peer, maxPending); err != nil {
			t.Fatal(err)
		}
		<-s.drained
		flush(0)
		if q.Len() != 0 {
			t.Errorf("%d bytes were left behind", q.Len())
		}
		began := time.Now()
		if err := <-s.ended; err == nil || time.Since(began) > writeTimeout {
			t.Errorf("the stuck link ended with %v after %v", err, time.Since(began))
		}
		wg.Wait()
	})
}

// TestBusyLoop keeps a batch: the reader reads one more and then waits, so that
// the peer feels the back-pressure.
func TestBusyLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe()
		defer peer.Close()
		var wg sync.WaitGroup
		s := newLoop()
		s.hold = true
		l := Start(7, Stream{Conn: ours}, s, &wg)
		sent := 0
		go func() {
			for {
				if _, err := peer.Write(frame(wire.TypeQuery, 1, 123)); err != nil {
					return
				}
				sent++
			}
		}()
		synctest.Wait()
		if len(s.batches) != 1 || sent != 2 {
			t.Errorf("%d batches came and %d messages were taken while the loop is busy, want 1 and 2", len(s.batches), sent)
		}
		l.Release()
		synctest.Wait()
		if len(s.batches) != 2 {
			t.Errorf("%d batches came, want the second after the release", len(s.batches))
		}
		l.Abort()
		wg.Wait()
	})
}
