package upload

import (
	"bufio"
	"context"
	"crypto/sha1"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// servent shares a folder on a real socket until the test ends.
type servent struct {
	*Server
	t    testing.TB
	dir  string
	lib  *library.Library
	addr string

	guests chan netip.AddrPort // who the next connection seems to be from
	dialed byte
}

// lobby is a listener whose connections seem to come from where guests says.
type lobby struct {
	net.Listener
	guests <-chan netip.AddrPort
}

type guest struct {
	*net.TCPConn
	from netip.AddrPort
}

func (g guest) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(g.from) }

func (l lobby) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return guest{c.(*net.TCPConn), <-l.guests}, nil
}

// share starts a servent with these files, and waits until they are hashed.
func share(t testing.TB, files map[string]string, cfg Config, wrap ...func(net.Listener) net.Listener) *servent {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		put(t, filepath.Join(dir, name), content)
	}
	lib := library.New(library.Config{
		Shares: []library.Share{{Dir: dir, Forced: true}},
		Rescan: time.Hour, Quiet: 10 * time.Millisecond,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	guests := make(chan netip.AddrPort, 1)
	l = lobby{l, guests}
	for _, w := range wrap {
		l = w(l)
	}
	cfg.Library, cfg.Agent = lib, "filbert/0.1"
	s := &servent{Server: New(cfg), t: t, dir: dir, lib: lib, addr: addr, guests: guests}

	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := lib.Run(ctx); err != nil {
			t.Errorf("library: %v", err)
		}
	})
	wg.Go(func() {
		if err := s.Serve(l); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		s.Shutdown(ctx)
		wg.Wait()
	})
	if len(files) > 0 {
		s.await(func() bool { return lib.Len() == len(files) })
	}
	return s
}

func put(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// await follows the library until something holds.
func (s *servent) await(holds func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for range s.lib.Changes(ctx) {
		if holds() {
			return
		}
	}
	if !holds() {
		s.t.Fatalf("the library never got there: %+v", s.lib.Shares())
	}
}

// id is the number of a shared file.
func (s *servent) id(content string) uint32 {
	s.t.Helper()
	e, err := s.lib.BySHA1(sha1.Sum([]byte(content)))
	if err != nil {
		s.t.Fatal(err)
	}
	return e.ID
}

// peer is one connection to a servent.
type peer struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

// dial connects as a host that never connected before.
func (s *servent) dial() *peer {
	s.t.Helper()
	s.dialed++
	return s.dialFrom(netip.AddrFrom4([4]byte{198, 51, 100, s.dialed}))
}

// dialFrom connects as the host.
func (s *servent) dialFrom(host netip.Addr) *peer {
	s.t.Helper()
	s.guests <- netip.AddrPortFrom(host, 6346)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &peer{c, s.t, bufio.NewReader(c)}
}

// send writes lines, each with its end, and the empty line behind the last.
func (p *peer) send(lines ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		p.t.Fatal(err)
	}
}

// get asks for something with these further header lines.
func (p *peer) get(target string, lines ...string) {
	p.t.Helper()
	p.send(append([]string{"GET " + target + " HTTP/1.1", "Host: x"}, lines...)...)
}

// reply is a whole answer.
type reply struct {
	*http.Response
	content string
}

// read reads an answer to a request of the method.
func (p *peer) read(method string) (reply, error) {
	res, err := http.ReadResponse(p.r, &http.Request{Method: method})
	if err != nil {
		return reply{}, err
	}
	content, err := io.ReadAll(res.Body)
	res.Body.Close()
	return reply{res, string(content)}, err
}

// want reads an answer to GET and checks its status.
func (p *peer) want(status int) reply {
	p.t.Helper()
	res, err := p.read(http.MethodGet)
	if err != nil {
		p.t.Fatalf("no answer, want %d: %v", status, err)
	}
	if res.StatusCode != status {
		p.t.Errorf("answer %s %.200q, want %d", res.Status, res.content, status)
	}
	return res
}

// wantClosed checks that the servent has closed the connection.
func (p *peer) wantClosed() {
	p.t.Helper()
	if n, err := p.r.Read(make([]byte, 1)); err == nil || n > 0 {
		p.t.Errorf("the connection is open: %d bytes more", n)
	} else if e, ok := err.(net.Error); ok && e.Timeout() {
		p.t.Error("the connection is open")
	}
}

func sum(content string) urn.SHA1 { return sha1.Sum([]byte(content)) }

func n2r(content string) string {
	return pathN2R + "?" + sum(content).URN()
}
