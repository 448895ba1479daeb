package download

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store/faultfs"
)

// network is where servents listen.
type network interface {
	transfer.Connector
	// listen gives every connection to serve, in a goroutine of its own that
	// ends with the test.
	listen(t *testing.T, serve func(net.Conn)) transfer.Source
}

// onNetworks runs a conversation in a bubble, over pipes, and again over real
// sockets and in real time.
func onNetworks(t *testing.T, talk func(t *testing.T, n network)) {
	t.Run("pipes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { talk(t, newPipes(t)) })
	})
	t.Run("sockets", func(t *testing.T) { talk(t, sockets{}) })
}

// inBubble runs a conversation in which time matters.
func inBubble(t *testing.T, talk func(t *testing.T, n *pipes)) {
	synctest.Test(t, func(t *testing.T) { talk(t, newPipes(t)) })
}

// pass lets time pass in a bubble. On the loopback interface nobody lets any.
func pass(d time.Duration) {
	if d > 0 {
		time.Sleep(d)
	}
}

// sockets is the loopback interface.
type sockets struct{}

func (sockets) Connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", src.Addr.String())
}

func (sockets) listen(t *testing.T, serve func(net.Conn)) transfer.Source {
	t.Helper()
	src, stop := listen(t, serve)
	t.Cleanup(stop)
	return src
}

func listen(t testing.TB, serve func(net.Conn)) (src transfer.Source, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns := newConns()
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.serve(c, serve)
		}
	})
	src = transfer.Source{Addr: l.Addr().(*net.TCPAddr).AddrPort()}
	return src, func() { l.Close(); conns.close() }
}

// serve gives away b, as fast as it goes.
func serve(t testing.TB, b []byte) (src transfer.Source, stop func()) {
	return listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			asked, err := ranges.ParseHTTP(r.Header.Get("Range"), int64(len(b)))
			if err != nil {
				return
			}
			part(c, b, asked)
		}
	})
}

// pipes is a network in memory.
type pipes struct {
	mu       sync.Mutex
	servents map[netip.AddrPort]func(net.Conn)
	conns    *conns
	dials    int
}

func newPipes(t *testing.T) *pipes {
	p := &pipes{servents: map[netip.AddrPort]func(net.Conn){}, conns: newConns()}
	t.Cleanup(p.conns.close)
	return p
}

func (p *pipes) Connect(_ context.Context, src transfer.Source) (net.Conn, error) {
	p.mu.Lock()
	p.dials++
	serve := p.servents[src.Addr]
	p.mu.Unlock()
	if serve == nil {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	p.conns.serve(theirs, serve)
	return ours, nil
}

func (p *pipes) listen(_ *testing.T, serve func(net.Conn)) transfer.Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(len(p.servents) + 1)}), 6346)
	p.servents[addr] = serve
	return transfer.Source{Addr: addr}
}

// conns is the open connections of servents, and who serves them.
type conns struct {
	sync.WaitGroup
	mu   sync.Mutex
	open map[net.Conn]bool
}

func newConns() *conns { return &conns{open: map[net.Conn]bool{}} }

func (c *conns) serve(conn net.Conn, serve func(net.Conn)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = true
	c.Go(func() {
		defer conn.Close()
		serve(conn)
	})
}

func (c *conns) close() {
	c.mu.Lock()
	for conn := range c.open {
		conn.Close()
	}
	c.mu.Unlock()
	c.Wait()
}

// servent is a source that answers by a script.
type servent struct {
	transfer.Source
	mu    sync.Mutex
	asked []ranges.Range
	agent string
	conns int
}

// answer answers one request for a range, the n-th this servent gets, and
// reports whether the connection stays open.
type answer func(c net.Conn, r *http.Request, asked ranges.Range, n int) bool

// newServent listens with an answer to everything.
func newServent(t *testing.T, n network, file transfer.File, say answer) *servent {
	s := &servent{}
	s.Source = n.listen(t, func(c net.Conn) {
		s.mu.Lock()
		s.conns++
		s.mu.Unlock()
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			asked, err := ranges.ParseHTTP(r.Header.Get("Range"), file.Size)
			if err != nil || r.Method != http.MethodGet || r.Host == "" {
				t.Errorf("bad request: %s %s, Host %q, %v", r.Method, r.RequestURI, r.Host, err)
				return
			}
			s.mu.Lock()
			s.asked = append(s.asked, asked)
			s.agent = r.UserAgent()
			count := len(s.asked)
			s.mu.Unlock()
			if !say(c, r, asked, count) {
				return
			}
		}
	})
	return s
}

// requests is the ranges this servent was asked for so far.
func (s *servent) requests() []ranges.Range {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ranges.Range(nil), s.asked...)
}

// head writes a status line and headers.
func head(c net.Conn, status string, headers ...string) {
	fmt.Fprintf(c, "HTTP/1.1 %s\r\nServer: filbert/0.1\r\n", status)
	for _, h := range headers {
		fmt.Fprintf(c, "%s\r\n", h)
	}
	fmt.Fprint(c, "\r\n")
}

// part writes a whole 206.
func part(c net.Conn, b []byte, r ranges.Range) {
	head(c, "206 Partial Content", "Content-Range: "+ranges.ContentRange(r, int64(len(b))), fmt.Sprintf("Content-Length: %d", r.Len()))
	c.Write(b[r.Start:r.End])
}

// honest gives what is asked.
func honest(b []byte) answer {
	return func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
		part(c, b, asked)
		return true
	}
}

// shortens gives at most the first 64 KiB of what is asked.
func shortens(b []byte) answer {
	return func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
		part(c, b, ranges.Range{Start: asked.Start, End: min(asked.End, asked.Start+65536)})
		return true
	}
}

// says answers every request with the same status and nothing else.
func says(status string, headers ...string) answer {
	return func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
		head(c, status, append(headers, "Content-Length: 0")...)
		return true
	}
}

// after answers the first n requests in one way, the others in another.
func after(n int, first, then answer) answer {
	return func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
		if count <= n {
			return first(c, r, asked, count)
		}
		return then(c, r, asked, count)
	}
}

// breaksOff gives at most n bytes of what is asked, then closes.
func breaksOff(b []byte, n int64) answer {
	return func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
		head(c, "206 Partial Content", "Content-Range: "+ranges.ContentRange(asked, int64(len(b))), fmt.Sprintf("Content-Length: %d", asked.Len()))
		c.Write(b[asked.Start:min(asked.End, asked.Start+n)])
		return asked.Len() <= n
	}
}

// What a disk says that is full, or broken.
var errFull, errIO = error(syscall.ENOSPC), error(syscall.EIO)

// folder is an empty folder in memory.
func folder() *faultfs.FS { return faultfs.New(faultfs.Config{}) }
