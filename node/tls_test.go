package node_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"filbert/node"
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
		if got := converse(dial(), request); !strings.HasSuffix(got, "\r\n\r\nblue sky") {
			t.Errorf("a request without TLS is answered %q", got)
		}
		if got := converse(dial(), "\x16\x03\x01\xff\xff"); got != "" && got[0] != 0x15 {
			t.Errorf("a TLS record too long is answered %q", got)
		}
		tn.until("all of it is counted", func() bool {
			s, err := anna.Status(t.Context())
			return err == nil && s.Port.TLS == 2 && s.Port.TLSFailed == 1 && s.Port.Requests == 2 && s.Port.Links == 1
		})
	})
}

// TestNeighborsInTLS: nodes with the default settings have links that are deflated
// and in TLS.
func TestNeighborsInTLS(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		both := func(c *node.Config) { c.TLS, c.Deflate = true, true }
		anna := tn.movesAs(nil, both)
		boris := tn.movesAs(nil, both, anna)
		tn.linked(boris, 1)
		s, err := boris.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if terms := s.Overlay.Neighbors[0].Terms; fmt.Sprintf("%+v", terms) != "{Role:ultrapeer DeflateIn:true DeflateOut:true TLS:true}" {
			t.Errorf("the terms are %+v", terms)
		}
	})
}
