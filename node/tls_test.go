package node_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"filbert/node"
	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// TestTLSAtThePort opens the port with TLS: what is inside is served like what
// comes without.
func TestTLSAtThePort(t *testing.T) {
	files := fstest.MapFS{"Blue Sky.txt": {Data: []byte("blue sky")}}
	on(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs(files, func(c *node.Config) { c.TLS = true })
		tn.until("the file is shared", func() bool {
			s, err := anna.Status(t.Context())
			return err == nil && s.Files == 1
		})
		network, _ := tn.host(9)
		dial := func() net.Conn {
			conn, err := network.DialContext(t.Context(), "tcp", anna.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		converse := func(conn net.Conn, request string) string {
			defer conn.Close()
			if _, err := io.WriteString(conn, request); err != nil {
				t.Errorf("%q: %v", request, err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Errorf("%q: %v", request, err)
			}
			return string(answer)
		}
		request := "GET /get/1/Blue%20Sky.txt HTTP/1.0\r\nHost: anna\r\n\r\n"
		hello := "GNUTELLA CONNECT/0.6\r\nUpgrade: TLS/1.0\r\nCrawler: 0.1\r\n\r\n"
		secured := func() net.Conn {
			return tls.Client(dial(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
		}
		if got := converse(secured(), request); !strings.HasPrefix(got, "HTTP/1.0 200 ") || !strings.HasSuffix(got, "\r\n\r\nblue sky") {
			t.Errorf("a request in TLS is answered %q", got)
		}
		if got := converse(secured(), hello); !strings.HasPrefix(got, "GNUTELLA/0.6 200 ") {
			t.Errorf("a hello in TLS is answered %q", got)
		}
		push := "GET /gnutella/push-proxy?ServerId=" + strings.Repeat("A", 26) + " HTTP/1.0\r\nX-Node: 9.9.9.9:6346\r\n\r\n"
		if got := converse(secured(), push); !strings.HasPrefix(got, "HTTP/1.1 410 ") {
			t.Errorf("a push for a stranger, asked in TLS, is answered %q", got)
		}
		if got := converse(dial(), request); !strings.HasSuffix(got, "\r\n\r\nblue sky") {
			t.Errorf("a request without TLS is answered %q", got)
		}
		if got := converse(dial(), "\x16\x03\x01\xff\xff"); got != "" && got[0] != 0x15 {
			t.Errorf("a TLS record too long is answered %q", got)
		}
		tn.until("all of it is counted", func() bool {
			s, err := anna.Status(t.Context())
			return err == nil && s.Port.TLS == 3 && s.Port.ProxyRequests == 1 && s.Port.TLSFailed == 1 && s.Port.Requests == 2 && s.Port.Links == 1
		})
	})
}

// TestPushedInTLS: a servent that is asked to call does so in TLS, as gtk-gnutella
// does, and gives the file inside it.
func TestPushedInTLS(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		const song = "la la la"
		anna := tn.movesAs(nil, func(c *node.Config) { c.TLS = true })
		layer, err := identity.New(bytes.NewReader(make([]byte, 32)))
		if err != nil {
			t.Fatal(err)
		}
		cert, err := layer.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		network, listen := tn.host(9)
		proxy, err := network.Listen(t.Context(), "tcp", listen)
		if err != nil {
			t.Fatal(err)
		}
		defer proxy.Close()
		servent := layer.GUID()
		call := func() error {
			raw, err := network.DialContext(t.Context(), "tcp", anna.Addr().String())
			if err != nil {
				return err
			}
			defer raw.Close()
			conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{cert}})
			if _, err := fmt.Fprintf(conn, "GIV 0:%X/song\n\n", servent); err != nil {
				return err
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
				return err
			}
			_, err = fmt.Fprintf(conn, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-%d/%d\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
				len(song)-1, len(song), len(song), song)
			return err
		}
		var work sync.WaitGroup
		defer work.Wait()
		work.Go(func() {
			asks, err := proxy.Accept()
			if err != nil {
				t.Errorf("the push proxy is not asked: %v", err)
				return
			}
			defer asks.Close()
			if _, err := http.ReadRequest(bufio.NewReader(asks)); err != nil {
				t.Errorf("the push proxy is asked: %v", err)
			}
			io.WriteString(asks, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
			if err := call(); err != nil {
				t.Errorf("the call: %v", err)
			}
		})
		at := netip.MustParseAddrPort(proxy.Addr().String())
		r := query.Result{
			File:    transfer.File{Name: "song.ogg", Size: int64(len(song)), SHA1: urn.SHA1(sha1.Sum([]byte(song)))},
			Sources: []transfer.Source{{Servent: servent, Push: true, Proxies: []netip.AddrPort{at}}},
		}
		if _, err := anna.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.until("the file", func() bool { return anna.Downloads()[0].State == download.Complete })
		if s := anna.port(t); s.TLS != 1 || s.Givs != 1 || s.GivsUnknown != 0 {
			t.Errorf("to her port came %+v", s)
		}
	})
}

// TestNeighborsInTLS: nodes with the default settings have links that are deflated
// and in TLS, and each has proven its ID to the other.
func TestNeighborsInTLS(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		both := func(c *node.Config) { c.TLS, c.Deflate = true, true }
		anna := tn.movesAs(nil, both)
		boris := tn.movesAs(nil, both, anna)
		tn.linked(boris, 1)
		tn.linked(anna, 1)
		for _, pair := range [][2]*citizen{{anna, boris}, {boris, anna}} {
			s, err := pair[0].Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			terms := s.Overlay.Neighbors[0].Terms
			if !terms.DeflateIn || !terms.DeflateOut || !terms.TLS || terms.ID != pair[1].PeerID() {
				t.Errorf("the terms are %+v", terms)
			}
			by := transfer.Source{Addr: s.Overlay.Neighbors[0].Addr}
			if id, err := pair[0].KeyOf(t.Context(), by); err != nil || id != pair[1].PeerID() {
				t.Errorf("the neighbor is %v, %v", id, err)
			}
		}
	})
}

// TestConnectPeer: a link to a peer that is named is to it or there is none.
func TestConnectPeer(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		secret := func(c *node.Config) { c.TLS = true }
		anna, clara := tn.movesAs(nil, secret), tn.movesAs(nil, secret)
		plain := tn.moves(nil)
		boris := tn.movesAs(nil, secret)
		wrong := boris.ConnectPeer(t.Context(), anna.Addr(), clara.PeerID())
		if !errors.Is(wrong, identity.ErrWrongPeer) {
			t.Errorf("anna in place of clara: %v", wrong)
		}
		var turned *handshake.TurnedAwayError
		if err := boris.ConnectPeer(t.Context(), plain.Addr(), clara.PeerID()); !errors.As(err, &turned) || turned.Text != "ID not proven" {
			t.Errorf("one without TLS: %v", err)
		}
		var refused *handshake.RefusedError
		var err error
		tn.until("anna has seen the first link end", func() bool {
			err = boris.ConnectPeer(t.Context(), anna.Addr(), anna.PeerID())
			return !errors.Is(err, overlay.ErrShort) && (!errors.As(err, &refused) || refused.Code != handshake.Conflict)
		})
		if err != nil {
			t.Errorf("anna: %v", err)
		}
		if err := boris.ConnectPeer(t.Context(), anna.Addr(), clara.PeerID()); !errors.Is(err, overlay.ErrUnproven) {
			t.Errorf("anna, who is linked, in place of clara: %v", err)
		}
		tn.until("one link", func() bool {
			s, err := boris.Status(t.Context())
			return err == nil && len(s.Overlay.Neighbors) == 1
		})
	})
}

// TestUnprovenNeighbor: who promises an ID and shows none is refused, and counted.
func TestUnprovenNeighbor(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs(nil, func(c *node.Config) { c.TLS = true })
		network, _ := tn.host(9)
		conn, err := network.DialContext(t.Context(), "tcp", anna.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GNUTELLA CONNECT/0.6\r\nX-Ultrapeer: True\r\nX-Features: HSEP/0.2, id/0.1\r\nUpgrade: TLS/1.0\r\n\r\n")
		r := bufio.NewReader(conn)
		for line := ""; line != "\r\n"; {
			if line, err = r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		io.WriteString(conn, "GNUTELLA/0.6 200 OK\r\nConnection: Upgrade\r\n\r\n")
		tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).Handshake() // it is refused, and may hear so only later
		tn.until("it is counted, and no neighbor", func() bool {
			s, err := anna.Status(t.Context())
			return err == nil && s.Port.Unproven == 1 && len(s.Overlay.Neighbors) == 0
		})
	})
}
