package link

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"filbert/overlay/deflate"
	"filbert/overlay/wire"
)

// zip deflates as others do, without an end.
func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(b)
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestOneWayDeflated deflates one direction of a link only; the other is plain.
func TestOneWayDeflated(t *testing.T) {
	query := frame(wire.TypeQuery, 1, 123)
	for _, s := range []Stream{{Inflate: true}, {Deflate: true}} {
		synctest.Test(t, func(t *testing.T) {
			ours, peer := net.Pipe()
			defer peer.Close()
			s.Conn = ours
			var wg sync.WaitGroup
			loop := newLoop()
			l := Start(7, s, loop, &wg)
			sent := query
			if s.Inflate {
				sent = zip(t, query)
			}
			if _, err := peer.Write(sent); err != nil {
				t.Fatal(err)
			}
			if got := <-loop.batches; !bytes.Equal(got, query) {
				t.Errorf("%+v: received %x", s, got)
			}
			var q Queue
			q.Push(query)
			l.Flush(&q)
			var src io.Reader = peer
			if s.Deflate {
				src = deflate.NewReader(peer, 0)
			}
			got := make([]byte, len(query))
			if _, err := io.ReadFull(src, got); err != nil || !bytes.Equal(got, query) {
				t.Errorf("%+v: the peer read %x, %v", s, got, err)
			}
			synctest.Wait()
			in, out := l.Carried()
			if in != uint64(len(sent)) || (out != uint64(len(query))) != s.Deflate {
				t.Errorf("%+v: carried %d in, %d out", s, in, out)
			}
			l.Abort()
			wg.Wait()
		})
	}
}

// TestDeflatedPrefix: what came with the handshake is part of the stream.
func TestDeflatedPrefix(t *testing.T) {
	query := frame(wire.TypeQuery, 1, 123)
	stream := zip(t, query)
	for cut := range len(stream) + 1 {
		synctest.Test(t, func(t *testing.T) {
			ours, peer := net.Pipe()
			defer peer.Close()
			var wg sync.WaitGroup
			s := newLoop()
			l := Start(7, Stream{Conn: ours, Prefix: stream[:cut], Inflate: true}, s, &wg)
			if cut < len(stream) {
				if _, err := peer.Write(stream[cut:]); err != nil {
					t.Fatal(err)
				}
			}
			if got := <-s.batches; !bytes.Equal(got, query) {
				t.Errorf("cut at %d: received %x", cut, got)
			}
			l.Abort()
			wg.Wait()
		})
	}
}

// TestBadStreams: what is no deflate, or a bomb, ends the link without a word.
func TestBadStreams(t *testing.T) {
	ping := frame(wire.TypePing, 1, wire.HeaderLen)
	for name, c := range map[string]struct {
		stream []byte
		want   error
	}{
		"plain messages":   {frame(wire.TypeQuery, 1, 123), deflate.ErrCorrupt},
		"damaged in time":  {append(zip(t, ping), 0xff, 0xff), deflate.ErrCorrupt},
		"a bomb of pings":  {zip(t, bytes.Repeat(ping, 2<<20/len(ping))), deflate.ErrRatio},
		"a bomb of vendor": {zip(t, bytes.Repeat(frame(wire.TypeVendor, 0, 4000), 1000)), deflate.ErrRatio},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, peer := net.Pipe()
			defer peer.Close()
			var wg sync.WaitGroup
			s := newLoop()
			s.batches = make(chan []byte, 1000)
			l := Start(7, Stream{Conn: ours, Inflate: true, Deflate: true}, s, &wg)
			go peer.Write(c.stream)
			if err := <-s.ended; !errors.Is(err, c.want) {
				t.Errorf("%s: ended with %v, want %v", name, err, c.want)
			}
			var q Queue
			q.Push(frame(wire.TypeBye, 0, 40))
			l.Flush(&q)
			if said, err := io.ReadAll(peer); len(said) > 0 || err != nil {
				t.Errorf("%s: the peer read %x, %v", name, said, err)
			}
			wg.Wait()
		})
	}
}

// TestMemory holds the figures of the package comment.
func TestMemory(t *testing.T) {
	const links = 64
	query := frame(wire.TypeQuery, 1, 123)
	for _, c := range []struct {
		name     string
		deflated bool
		most     uint64
	}{{"plain", false, 24 << 10}, {"deflated", true, 24<<10 + 54<<10}} {
		var wg sync.WaitGroup
		var all []*Link
		var peers []net.Conn
		before := heap()
		for range links {
			ours, theirs := net.Pipe()
			s := newLoop()
			s.batches = make(chan []byte, 1)
			l := Start(7, Stream{Conn: ours, Inflate: c.deflated, Deflate: c.deflated}, s, &wg)
			sent := query
			if c.deflated {
				sent = zip(t, query)
			}
			if _, err := theirs.Write(sent); err != nil {
				t.Fatal(err)
			}
			<-s.batches
			for range 100 {
				var q Queue
				q.Push(query)
				l.Flush(&q)
				if _, err := theirs.Read(make([]byte, 200)); err != nil {
					t.Fatal(err)
				}
			}
			all, peers = append(all, l), append(peers, theirs)
		}
		each := (heap() - before) / links
		t.Logf("a %s link holds %d bytes", c.name, each)
		if each > c.most {
			t.Errorf("a %s link holds %d bytes, more than %d", c.name, each, c.most)
		}
		for i, l := range all {
			l.Abort()
			peers[i].Close()
		}
		wg.Wait()
	}
}

// heap is what is in use on the heap and on stacks.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// FuzzDeflatedLink feeds a link anything for a deflated stream: what it hands
// over is whole frames, and it comes to an end.
func FuzzDeflatedLink(f *testing.F) {
	query := frame(wire.TypeQuery, 1, 123)
	f.Add(zip(f, append(bytes.Clone(query), query...)), 40)
	f.Add(zip(f, bytes.Repeat([]byte{0}, 1<<20)), 0)
	f.Add([]byte(query), 3)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		ours, peer := net.Pipe()
		cut = min(max(cut, 0), len(stream))
		var wg sync.WaitGroup
		s := &frameLoop{t: t}
		l := Start(7, Stream{Conn: ours, Prefix: stream[:cut], Inflate: true, Deflate: true}, s, &wg)
		peer.Write(stream[cut:]) // fails when the link has ended before
		peer.Close()
		wg.Wait()
		if s.ended != 1 {
			t.Errorf("told %d times that the link ended", s.ended)
		}
		if in, _ := l.Carried(); in > uint64(len(stream)) || uint64(s.bytes) > in*deflate.MaxRatio+512<<10 {
			t.Errorf("%d bytes of messages out of %d, sent were %d", s.bytes, in, len(stream))
		}
	})
}

// frameLoop is a Sink that wants whole frames and closes what has ended.
type frameLoop struct {
	t     *testing.T
	bytes int
	ended int
}

func (s *frameLoop) Received(l *Link, batch []byte) {
	s.bytes += len(batch)
	for rest := batch; len(rest) > 0; {
		var err error
		if _, rest, err = wire.SplitFrame(rest); err != nil {
			s.t.Errorf("a batch is cut: %v", err)
			break
		}
	}
	l.Release()
}
func (s *frameLoop) Drained(*Link) {}
func (s *frameLoop) Ended(l *Link, _ error) {
	s.ended++
	l.Abort()
}
