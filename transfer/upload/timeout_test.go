package upload

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"filbert/transfer/library"
)

// pipes is a listener of connections in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipes) Close() error   { close(l.closed); return nil }
func (l pipes) Addr() net.Addr { return &net.TCPAddr{} }

// caller is a connection that seems to come from somewhere.
type caller struct {
	net.Conn
	from netip.AddrPort
}

func (c caller) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.from) }

// inBubble runs a test in virtual time with a servent that shares some pieces.
func inBubble(t *testing.T, pieces int, test func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string)) {
	inBubbleWith(t, Config{}, pieces, test)
}

func inBubbleWith(t *testing.T, cfg Config, pieces int, test func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string)) {
	synctest.Test(t, func(t *testing.T) {
		content := strings.Repeat("x", pieces*pieceSize)
		lib := library.New(library.Config{Shares: []library.Share{{Dir: "mem", FS: fstest.MapFS{"f": {Data: []byte(content)}}}}})
		cfg.Library = lib
		s := New(cfg)
		l := pipes{make(chan net.Conn), make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- lib.Run(ctx) }()
		go func() { ended <- s.Serve(l) }()
		time.Sleep(time.Second)

		test(t, s, func(from ...netip.Addr) *peer {
			near, far := net.Pipe()
			t.Cleanup(func() { near.Close() })
			if len(from) > 0 {
				far = caller{far, netip.AddrPortFrom(from[0], 6346)}
			}
			l.conns <- far
			return &peer{near, t, bufio.NewReader(near)}
		}, n2r(content))

		cancel()
		s.Shutdown(ctx)
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// closedAfter reads until the servent closes the connection, and checks when
// that is.
func (p *peer) closedAfter(want time.Duration) {
	p.t.Helper()
	start := time.Now()
	for {
		if _, err := p.Read(make([]byte, 4096)); err != nil {
			break
		}
	}
	if took := time.Since(start); took != want {
		p.t.Errorf("closed after %v, want %v", took, want)
	}
}

func TestDribbledHead(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		p := dial()
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			for _, c := range []byte("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n") {
				if _, err := p.Write([]byte{c}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		p.closedAfter(requestTimeout)
	})
}

func TestSilentConnection(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		dial().closedAfter(requestTimeout)
	})
}

func TestIdleConnection(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		p := dial()
		for range 3 {
			p.get("/")
			p.want(http.StatusOK)
			time.Sleep(idleTimeout - time.Second)
		}
		p.get("/")
		p.want(http.StatusOK)
		p.closedAfter(idleTimeout)
	})
}

func TestBodyThatNeverComes(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		p := dial()
		p.get(target, "Content-Length: 5")
		p.want(http.StatusBadRequest)
		p.closedAfter(requestTimeout)
	})
}

func TestReaderThatStalls(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		p := dial()
		p.begin(target)
		time.Sleep(stallTimeout - time.Second)
		if n := len(s.Uploads()); n != 1 {
			t.Errorf("%d uploads before the timeout, want 1", n)
		}
		time.Sleep(2 * time.Second)
		if n := len(s.Uploads()); n != 0 || s.Stats().Refused[CutStalled] != 1 {
			t.Errorf("%d uploads after the timeout, %v", n, s.Stats().Refused)
		}
		p.closedAfter(0)
	})
}

// TestReaderThatIsSlow takes a whole piece just in time, again and again: the
// upload lasts as long as it progresses.
func TestReaderThatIsSlow(t *testing.T) {
	const pieces = 20
	inBubble(t, pieces, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		start := time.Now()
		p := dial()
		res := p.begin(target)
		left := int64(pieces*pieceSize - 1000)
		for left > 0 {
			time.Sleep(stallTimeout - time.Second)
			n, err := io.CopyN(io.Discard, res.Body, min(left, pieceSize))
			left -= n
			if err != nil && !errors.Is(err, io.EOF) {
				t.Fatalf("%d bytes are left: %v", left, err)
			}
		}
		if took := time.Since(start); took < time.Hour/2 {
			t.Errorf("it took only %v", took)
		}
	})
}
