package handshake

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// script is a connection whose other side says all at once and hears nothing.
type script struct {
	net.Conn
	io.Reader
	said bytes.Buffer
}

func (s *script) Read(b []byte) (int, error)  { return s.Reader.Read(b) }
func (s *script) Write(b []byte) (int, error) { return s.said.Write(b) }
func (s *script) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 7000}
}
func (s *script) SetDeadline(time.Time) error { return nil }

// FuzzHandshake lets a peer say anything in its turn, as either side: what comes
// of it is in order.
func FuzzHandshake(f *testing.F) {
	files, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte("GNUTELLA/0.6 200 OK\r\nContent-Encoding: deflate\r\n\r\nrest"), true)
		f.Add(data, []byte{}, false)
	}
	f.Add([]byte("GNUTELLA CONNECT/0.6\nUpgrade: TLS/1.0\n\n"), []byte("GNUTELLA/0.6 200 OK\nConnection: Upgrade\nX-Ultrapeer: False\n\n"), true)
	f.Fuzz(func(t *testing.T, first, second []byte, accept bool) {
		conn := &script{Reader: turns(first, second)}
		s := Session{Conn: conn, Reader: bufio.NewReader(conn), Deadline: time.Now().Add(Timeout)}
		offer := fullOffer(RoleUltrapeer)
		offer.TLS = false
		var e *Established
		if accept {
			line, err := readLine(s.Reader, maxFirstLine)
			if err != nil {
				return
			}
			e, err = Accept(t.Context(), s, line, offer, &judge{verdict: Accepted()})
			if (e == nil) == (err == nil) {
				t.Fatalf("%+v and error %v", e, err)
			}
		} else if e, err = Initiate(t.Context(), s, offer, &judge{verdict: Accepted()}); (e == nil) == (err == nil) {
			t.Fatalf("%+v and error %v", e, err)
		}
		if e == nil {
			return
		}
		if e.TLS || e.Conn != net.Conn(conn) || e.Role != RoleUltrapeer || !bytes.HasSuffix(append(first, second...), e.Rest) {
			t.Fatalf("%+v came of it", e)
		}
		if said := conn.said.Bytes(); e.DeflateOut != bytes.Contains(said, []byte("\r\nContent-Encoding: deflate\r\n")) {
			t.Fatalf("deflates: %v, but said %q", e.DeflateOut, said)
		}
	})
}

// turns is a reader that gives each part in one Read, as far as there is room.
func turns(parts ...[]byte) io.Reader {
	var readers []io.Reader
	for _, p := range parts {
		readers = append(readers, bytes.NewReader(p))
	}
	return io.MultiReader(readers...)
}
