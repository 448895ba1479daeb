package node_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// walled is the network of a host behind a firewall that lets nobody in.
type walled struct{ node.Network }

// Listen returns a listener that no connection reaches.
func (walled) Listen(_ context.Context, _, address string) (net.Listener, error) {
	at, err := netip.ParseAddrPort(address)
	return &deaf{addr: net.TCPAddrFromAddrPort(at), closed: make(chan struct{})}, err
}

type deaf struct {
	addr   net.Addr
	closed chan struct{}
	once   sync.Once
}

func (d *deaf) Accept() (net.Conn, error) { <-d.closed; return nil, net.ErrClosed }
func (d *deaf) Close() error              { d.once.Do(func() { close(d.closed) }); return nil }
func (d *deaf) Addr() net.Addr            { return d.addr }

// walls is moves for a node behind a firewall.
func (tn *town) walls(files fstest.MapFS, seeds ...*citizen) *citizen {
	tn.t.Helper()
	host := tn.host
	defer func() { tn.host = host }()
	tn.host = func(i int) (node.Network, string) {
		network, listen := host(i)
		return walled{network}, listen
	}
	return tn.moves(files, seeds...)
}

// port is what came to a node's port.
func (c *citizen) port(t *testing.T) node.PortCounts {
	t.Helper()
	s, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s.Port
}

// open waits until a node knows that it can, or cannot, be connected to.
func (tn *town) open(c *citizen) {
	tn.t.Helper()
	tn.until("it was called back", func() bool {
		s, err := c.Status(tn.t.Context())
		return err == nil && s.Overlay.TCP.Open
	})
}

// TestFetchFromBehindAFirewall finds a file at a node that cannot be connected
// to, and has it sent: at first along the way of the hit, later through the push
// proxy that the node has found by then.
func TestFetchFromBehindAFirewall(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		song, poem := strings.Repeat("la la la ", 50_000), strings.Repeat("dum di dum ", 30_000)
		boris := tn.moves(nil)
		anna := tn.walls(fstest.MapFS{"Blue Sky Song.ogg": file(song), "Grey Sky Poem.txt": file(poem)}, boris)
		tn.linked(anna, 1)
		clara := tn.moves(nil, boris)
		tn.linked(clara, 1)
		dora := tn.moves(nil, clara)
		tn.linked(dora, 1)
		tn.open(clara)
		tn.open(dora)
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 2 })
		if s, err := anna.Status(t.Context()); err != nil || s.Overlay.TCP.Open {
			t.Errorf("behind a firewall it believes to be open, error %v", err)
		}
		fetch := func(c *citizen, words, name, want string, proxies int) {
			t.Helper()
			r := tn.finds(c, words, 1)
			if !r.Sources[0].Push || len(r.Sources[0].Proxies) != proxies {
				t.Errorf("found %+v, want push and %d proxies", r.Sources[0], proxies)
			}
			if _, err := c.Get(r, "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			var last download.Status
			for last = range c.Watch(t.Context(), urn.SHA1(sha1.Sum([]byte(want)))) {
			}
			got, err := os.ReadFile(filepath.Join(c.downloads, name))
			if err != nil || string(got) != want || last.State != download.Complete {
				t.Errorf("fetched %d bytes, %v, %+v", len(got), err, last)
			}
		}
		fetch(dora, "song", "Blue Sky Song.ogg", song, 0)
		if p := dora.port(t); p.Givs != 1 || p.GivsUnknown != 0 || p.Probes == 0 {
			t.Errorf("to dora's port came %+v", p)
		}

		tn.until("anna has a push proxy", func() bool {
			r := tn.finds(clara, "poem", 1)
			return len(r.Sources[0].Proxies) == 1 && r.Sources[0].Proxies[0] == boris.Addr()
		})
		fetch(clara, "poem", "Grey Sky Poem.txt", poem, 1)
		if p := boris.port(t); p.ProxyRequests != 1 {
			t.Errorf("to the push proxy's port came %+v", p)
		}
		if p := anna.port(t); p.Calls != 2 {
			t.Errorf("anna called %d times for two files", p.Calls)
		}
	})
}

// TestPushProxyRequests asks a node over HTTP to pass pushes on.
func TestPushProxyRequests(t *testing.T) {
	tn := &town{t: t, host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	t.Chdir(t.TempDir())
	boris := tn.moves(nil)
	stranger := strings.Repeat("A", 26)
	for _, test := range []struct {
		line, xNode string
		want        int
	}{
		{"GET /gnutella/push-proxy?ServerId=" + stranger + "&file=1 HTTP/1.1", "127.0.0.1:7000", http.StatusGone},
		{"HEAD /gnutella/pushproxy?ServerID=" + strings.ToLower(stranger) + "====== HTTP/1.1", "127.0.0.1:7000", http.StatusGone},
		{"GET /gnet/push-proxy?guid=" + strings.Repeat("0f", 16) + " HTTP/1.1", "127.0.0.1:7000", http.StatusGone},
		{"GET /gnutella/push-proxy?ServerId=" + stranger + " HTTP/1.1", "", http.StatusBadRequest},
		{"GET /gnutella/push-proxy?ServerId=" + stranger + " HTTP/1.1", "127.0.0.1", http.StatusBadRequest},
		{"GET /gnutella/push-proxy?ServerId=" + stranger + "&file=x HTTP/1.1", "127.0.0.1:7000", http.StatusBadRequest},
		{"GET /gnutella/push-proxy?ServerId=AAAA HTTP/1.1", "127.0.0.1:7000", http.StatusBadRequest},
		{"GET /gnutella/push-proxy HTTP/1.1", "127.0.0.1:7000", http.StatusBadRequest},
		{"GET /gnutella/push-proxy?%zz HTTP/1.1", "127.0.0.1:7000", http.StatusBadRequest},
		{"GET /gnutella/elsewhere?ServerId=" + stranger + " HTTP/1.1", "127.0.0.1:7000", http.StatusNotFound}, // not a proxy's matter
		{"GET /gnet/push-proxy?guid=0f0f HTTP/1.1", "127.0.0.1:7000", http.StatusBadRequest},
		{"POST /gnutella/push-proxy?ServerId=" + stranger + " HTTP/1.1", "127.0.0.1:7000", http.StatusBadRequest},
	} {
		conn, err := net.Dial("tcp", boris.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s\r\nHost: x\r\n", test.line)
		if test.xNode != "" {
			fmt.Fprintf(conn, "X-Node: %s\r\n", test.xNode)
		}
		io.WriteString(conn, "\r\n")
		method, _, _ := strings.Cut(test.line, " ")
		answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		if err != nil || answer.StatusCode != test.want {
			t.Errorf("%s, X-Node %q: %v, %v; want %d", test.line, test.xNode, answer, err, test.want)
		}
		conn.Close()
	}
}

// TestFirstLinesOfPushes sends what is no pushed connection, or not one that
// anybody waits for: the node closes it.
func TestFirstLinesOfPushes(t *testing.T) {
	tn := &town{t: t, host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	t.Chdir(t.TempDir())
	boris := tn.moves(nil)
	guid := strings.Repeat("0F", 16)
	sent := []string{
		"GIV 1:" + guid + "/file\n\n", "GIV 1:" + guid + "/file\r\n\r\n", "GIV 1:" + guid + "/\n\n",
		"GIV 1:" + guid + "\n\n", "GIV x:" + guid + "/file\n\n", "GIV 1:0F/file\n\n", "GIV 1:" + guid + "/file\nmore\n", "GIV \n\n", "\n\n", "\r\n\r\n",
	}
	for _, text := range sent {
		conn, err := net.Dial("tcp", boris.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, text)
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if b, _ := io.ReadAll(conn); len(b) > 0 {
			t.Errorf("%q was answered with %q", text, b)
		}
		conn.Close()
	}
	if p := boris.port(t); p.Probes != 2 || p.Givs != 8 || p.GivsUnknown != 8 {
		t.Errorf("counted %+v", p)
	}
}
