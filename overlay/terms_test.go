package overlay_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/overlay/tlslink"
)

// layer is the TLS of one host.
func layer(t *testing.T, seed byte) *tlslink.Layer {
	t.Helper()
	id, err := identity.New(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := id.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	return tlslink.New(cert)
}

// speaks makes a host that deflates, or does TLS, or not.
func speaks(t *testing.T, seed byte, deflate, tls bool) func(*overlay.Options) {
	return func(o *overlay.Options) {
		if o.Deflate = deflate; tls {
			o.TLS = layer(t, seed)
		}
	}
}

// neighbor is the only link of r, with what it carried.
func (r *resident) neighbor(t *testing.T) (overlay.Neighbor, overlay.Carried) {
	t.Helper()
	s, err := r.Status(t.Context())
	if err != nil || len(s.Neighbors) != 1 {
		t.Fatalf("%d neighbors, error %v", len(s.Neighbors), err)
	}
	return s.Neighbors[0], s.Carried[s.Neighbors[0].Link]
}

// TestTerms links servents of every kind: both find what the other has, over a
// link that is deflated and in TLS exactly if both can.
func TestTerms(t *testing.T) {
	for i := range 1 << 4 {
		bit := func(n int) bool { return i>>n&1 == 1 }
		t.Run(fmt.Sprintf("%04b", i), func(t *testing.T) {
			on(t, func(t *testing.T, tn *town) {
				anna := tn.movesAs("anna", 0, speaks(t, 1, bit(0), bit(2)))
				boris := tn.movesAs("boris", 0, speaks(t, 2, bit(1), bit(3)))
				if err := boris.Connect(t.Context(), anna.addr); err != nil {
					t.Fatal(err)
				}
				tn.until("the link is up at the other end", func() bool { return anna.neighbors(t) == 1 })
				tn.finds(anna, "boris")
				tn.finds(boris, "anna")
				deflate := bit(0) && bit(1)
				want := handshake.Terms{Role: handshake.RoleUltrapeer, DeflateIn: deflate, DeflateOut: deflate, TLS: bit(2) && bit(3)}
				for _, r := range []*resident{anna, boris} {
					if n, _ := r.neighbor(t); n.Terms != want {
						t.Errorf("the terms are %+v, want %+v", n.Terms, want)
					}
					tn.until("what was carried is what was said, unless it was deflated", func() bool {
						n, carried := r.neighbor(t)
						return carried.In*carried.Out > 0 && (carried.In == n.Received.Bytes && carried.Out == n.Sent.Bytes) != deflate
					})
				}
			})
		})
	}
}

// TestDirectTLS opens links with TLS, to hosts that take it and to one that does
// not.
func TestDirectTLS(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs("anna", 0, speaks(t, 1, true, true))
		boris := tn.movesAs("boris", 0, speaks(t, 2, true, true))
		if err := boris.ConnectTLS(t.Context(), anna.addr); err != nil {
			t.Fatal(err)
		}
		tn.until("the link is up at the other end", func() bool { return anna.neighbors(t) == 1 })
		tn.finds(anna, "boris")
		for _, r := range []*resident{anna, boris} {
			if n, _ := r.neighbor(t); !n.Terms.TLS || !n.Terms.DeflateIn || !n.Terms.DeflateOut {
				t.Errorf("the terms are %+v", n.Terms)
			}
		}
		clara := tn.movesAs("clara", 0, speaks(t, 3, false, false))
		dora := tn.movesAs("dora", 0, speaks(t, 4, false, true))
		if err := dora.ConnectTLS(t.Context(), clara.addr); err != nil {
			t.Fatal(err)
		}
		if n, _ := dora.neighbor(t); n.Terms.TLS {
			t.Errorf("the terms with one who has no TLS are %+v", n.Terms)
		}
	})
}

// TestTLSFails calls a host that agrees on TLS and then breaks it: the link comes
// about without, and TLS is not offered to that host again.
func TestTLSFails(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		n, address := tn.host(9)
		l, err := n.Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		var work sync.WaitGroup
		defer work.Wait()
		defer l.Close()
		hellos := make(chan string, 10)
		work.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				work.Go(func() {
					defer conn.Close()
					breaks(conn, hellos)
				})
			}
		})
		host := l.Addr().(*net.TCPAddr).AddrPort()
		anna := tn.movesAs("anna", 0, speaks(t, 1, false, true))
		if err := anna.Connect(t.Context(), host); err != nil {
			t.Fatal(err)
		}
		if n, _ := anna.neighbor(t); n.Terms.TLS || n.GUID.String() != "c1c2c3c4c5c6c7c8ffcacbcccdcecf00" {
			t.Errorf("the link is %+v", n)
		}
		if err := anna.Disconnect(host); err != nil {
			t.Fatal(err)
		}
		tn.until("the link is gone", func() bool { return anna.neighbors(t) == 0 })
		if err := anna.Connect(t.Context(), host); err != nil {
			t.Fatal(err)
		}
		for i, offered := range []bool{true, false, false} {
			if hello := <-hellos; strings.Contains(hello, "Upgrade: TLS/1.0") != offered {
				t.Errorf("hello %d is %q", i, hello)
			}
		}
		anna.Disconnect(host)
		tn.leaves("anna")
	})
}

// breaks takes a link, and where TLS is offered agrees and sends noise instead.
func breaks(conn net.Conn, hellos chan<- string) {
	r := bufio.NewReader(conn)
	block := func() (text string) {
		for {
			line, err := r.ReadString('\n')
			if text += line; err != nil || line == "\r\n" {
				return text
			}
		}
	}
	hello := block()
	hellos <- hello
	answer := "GNUTELLA/0.6 200 OK\r\nX-Ultrapeer: True\r\nGUID: c1c2c3c4c5c6c7c8ffcacbcccdcecf00\r\n"
	upgrade := strings.Contains(hello, "Upgrade: TLS/1.0")
	if upgrade {
		answer += "Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n"
	}
	io.WriteString(conn, answer+"\r\n")
	block()
	if upgrade {
		io.WriteString(conn, "this is no TLS record at all")
		return
	}
	io.Copy(io.Discard, r)
}

// TestCrawler crawls a host: it tells its neighbors, once in a while.
func TestCrawler(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves("anna", 0)
		boris := tn.moves("boris", 1, anna)
		tn.until("the link is up", func() bool { return anna.neighbors(t) == 1 })
		crawl := func() string {
			n, _ := tn.host(20)
			conn, err := n.DialContext(t.Context(), "tcp", anna.addr.String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, "GNUTELLA CONNECT/0.6\r\nUser-Agent: crawl/1\r\nCrawler: 0.1\r\n\r\n")
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Error(err)
			}
			return string(answer)
		}
		if answer := crawl(); !strings.HasPrefix(answer, "GNUTELLA/0.6 200 ") || !strings.Contains(answer, "Peers: "+boris.addr.String()) {
			t.Errorf("a crawler hears %q", answer)
		}
		if answer := crawl(); !strings.HasPrefix(answer, "GNUTELLA/0.6 403 ") {
			t.Errorf("a second time it hears %q", answer)
		}
		if anna.neighbors(t) != 1 {
			t.Error("the crawler is a neighbor now")
		}
	})
}
