package tlslink

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// certificate makes a certificate of about size bytes with a serial number.
func certificate(t testing.TB, serial int64, size int) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{strings.Repeat("a", size)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// conversation lets a client and a server shake hands in virtual time.
func conversation(t *testing.T, client, server func(conn net.Conn) (net.Conn, error)) (a, b net.Conn, errA, errB error) {
	t.Helper()
	x, y := net.Pipe()
	return shake(t, x, y, client, server)
}

// shake lets a client and a server shake hands over two ends of a connection.
func shake(t *testing.T, x, y net.Conn, client, server func(conn net.Conn) (net.Conn, error)) (a, b net.Conn, errA, errB error) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		if a, errA = client(x); errA != nil {
			x.Close()
		}
	})
	wg.Go(func() {
		if b, errB = server(y); errB != nil {
			y.Close()
		}
	})
	wg.Wait()
	t.Cleanup(func() { x.Close(); y.Close() })
	return a, b, errA, errB
}

func (l *Layer) client(ctx context.Context) func(net.Conn) (net.Conn, error) {
	return func(conn net.Conn) (net.Conn, error) { return l.Client(ctx, conn, nil, time.Now().Add(10*time.Second)) }
}

func (l *Layer) server(ctx context.Context) func(net.Conn) (net.Conn, error) {
	return func(conn net.Conn) (net.Conn, error) { return l.Server(ctx, conn, nil, time.Now().Add(10*time.Second)) }
}

// TestBetweenFilberts: TLS 1.3, both ways, and an end that is heard.
func TestBetweenFilberts(t *testing.T) {
	ours, theirs := New(certificate(t, 1, 10)), New(certificate(t, 2, 10))
	synctest.Test(t, func(t *testing.T) {
		a, b, errA, errB := conversation(t, ours.client(t.Context()), theirs.server(t.Context()))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		for _, conn := range []net.Conn{a, b} {
			if v := conn.(*tls.Conn).ConnectionState().Version; v != tls.VersionTLS13 || !Is(conn) {
				t.Errorf("version %s on a %T", tls.VersionName(v), conn)
			}
		}
		text := bytes.Repeat([]byte("blue sky "), 10_000)
		for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
			go way[0].Write(text)
			got := make([]byte, len(text))
			if _, err := io.ReadFull(way[1], got); err != nil || !bytes.Equal(got, text) {
				t.Errorf("read %d bytes, error %v", len(got), err)
			}
		}
		time.Sleep(time.Minute) // the deadline of the handshake is no more
		go a.(interface{ CloseWrite() error }).CloseWrite()
		if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("after the end: %d bytes, error %v", n, err)
		}
	})
}

// TestVersions: 1.2 is taken, what is older is not.
func TestVersions(t *testing.T) {
	ours := New(certificate(t, 1, 10))
	for _, c := range []struct {
		most uint16
		ok   bool
	}{{tls.VersionTLS13, true}, {tls.VersionTLS12, true}, {tls.VersionTLS11, false}} {
		synctest.Test(t, func(t *testing.T) {
			other := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: c.most, Certificates: []tls.Certificate{certificate(t, 2, 10)}}
			with := func(side func(net.Conn, *tls.Config) *tls.Conn) func(net.Conn) (net.Conn, error) {
				return func(conn net.Conn) (net.Conn, error) {
					secured := side(conn, other)
					return secured, secured.HandshakeContext(t.Context())
				}
			}
			if _, _, errA, errB := conversation(t, with(tls.Client), ours.server(t.Context())); (errors.Join(errA, errB) == nil) != c.ok {
				t.Errorf("as server of %s: %v, %v", tls.VersionName(c.most), errA, errB)
			}
			if _, _, errA, errB := conversation(t, ours.client(t.Context()), with(tls.Server)); (errors.Join(errA, errB) == nil) != c.ok {
				t.Errorf("as client of %s: %v, %v", tls.VersionName(c.most), errA, errB)
			}
		})
	}
}

// TestCertificateSize: what a handshake makes us read is bounded.
func TestCertificateSize(t *testing.T) {
	ours := New(certificate(t, 1, 10))
	for _, c := range []struct {
		size int
		ok   bool
	}{{maxCertificate, true}, {maxHandshake, false}, {200 << 10, false}} {
		l, err := net.Listen("tcp", "127.0.0.1:0") // in memory both sides would wait for each other's reading
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		x, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		y, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		fat := New(certificate(t, 2, c.size))
		_, _, errA, errB := shake(t, x, y, ours.client(t.Context()), fat.server(t.Context()))
		if (errA == nil) != c.ok {
			t.Errorf("a certificate of %d bytes: %v, %v", c.size, errA, errB)
		}
		if !c.ok && !strings.Contains(errA.Error(), "handshake of more than") {
			t.Errorf("a certificate of %d bytes: %v", c.size, errA)
		}
	}
}

// TestPrefix: what was read with the header blocks belongs to the handshake.
func TestPrefix(t *testing.T) {
	ours, theirs := New(certificate(t, 1, 10)), New(certificate(t, 2, 10))
	for _, n := range []int{1, 5, 100} {
		synctest.Test(t, func(t *testing.T) {
			_, _, errA, errB := conversation(t, ours.client(t.Context()), func(conn net.Conn) (net.Conn, error) {
				prefix := make([]byte, n)
				if _, err := io.ReadFull(conn, prefix); err != nil {
					return nil, err
				}
				if n >= HelloLen && !IsHello(prefix) {
					t.Errorf("%x is no hello", prefix)
				}
				return theirs.Server(t.Context(), conn, prefix, time.Now().Add(time.Second))
			})
			if err := errors.Join(errA, errB); err != nil {
				t.Errorf("%d bytes read before: %v", n, err)
			}
		})
	}
}

// TestSilence: peers that say nothing, or half of it, do not keep others waiting,
// and are given up in time.
func TestSilence(t *testing.T) {
	ours, theirs := New(certificate(t, 1, 10)), New(certificate(t, 2, 10))
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		began := time.Now()
		for i := range 20 {
			x, y := net.Pipe()
			wg.Go(func() {
				defer y.Close()
				if _, err := ours.server(t.Context())(y); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("silence ended with %v", err)
				}
			})
			x.Write([]byte("\x16\x03\x01\x02\x00\x01")[:i%6])
			defer x.Close()
		}
		synctest.Wait()
		if _, _, errA, errB := conversation(t, theirs.client(t.Context()), ours.server(t.Context())); errors.Join(errA, errB) != nil {
			t.Errorf("among the silent: %v, %v", errA, errB)
		}
		if took := time.Since(began); took != 2*beforeAnswer {
			t.Errorf("among the silent it took %v", took)
		}
		wg.Wait()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("the silent were given up after %v", took)
		}
	})
}

// TestTurns: with no processor to be had a handshake waits, and not for ever.
func TestTurns(t *testing.T) {
	ours, theirs := New(certificate(t, 1, 10)), New(certificate(t, 2, 10))
	synctest.Test(t, func(t *testing.T) {
		ours.theirs = newTurns(1, true)
		ours.theirs.tokens <- struct{}{}
		time.AfterFunc(3*time.Second, func() { <-ours.theirs.tokens })
		began := time.Now()
		_, _, errA, errB := conversation(t, theirs.client(t.Context()), ours.server(t.Context()))
		if err := errors.Join(errA, errB); err != nil || time.Since(began) != 3*time.Second+2*beforeAnswer {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if len(ours.theirs.tokens) != 0 {
			t.Error("a turn was not given back")
		}
		ours.theirs.tokens <- struct{}{}
		_, _, _, errB = conversation(t, theirs.client(t.Context()), ours.server(t.Context()))
		if !errors.Is(errB, context.DeadlineExceeded) || len(ours.theirs.tokens) != 1 {
			t.Errorf("without a turn: %v, %d taken", errB, len(ours.theirs.tokens))
		}
	})
}

// TestContext: who stops waits no longer.
func TestContext(t *testing.T) {
	ours := New(certificate(t, 1, 10))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		x, y := net.Pipe()
		defer x.Close()
		defer y.Close()
		began := time.Now()
		if _, err := ours.server(ctx)(y); err == nil || time.Since(began) != time.Second {
			t.Errorf("ended after %v with %v", time.Since(began), err)
		}
	})
}

// FuzzServer feeds a server anything: it ends, and gives its turn back.
func FuzzServer(f *testing.F) {
	ours := New(certificate(f, 1, 10))
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"))
	f.Add([]byte("GNUTELLA CONNECT/0.6\r\n\r\n"))
	var hello bytes.Buffer
	New(certificate(f, 2, 10)).Client(f.Context(), &recording{w: &hello}, nil, time.Now().Add(time.Second))
	f.Add(hello.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		conn := &recording{r: bytes.NewReader(b), w: io.Discard}
		if _, err := ours.Server(t.Context(), conn, nil, time.Now().Add(time.Second)); err == nil {
			t.Error("a handshake succeeded with nobody")
		}
		// It rests for as long as it computed.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := ours.theirs.take(ctx); err != nil {
			t.Errorf("a turn was not given back: %v", err)
			return
		}
		ours.theirs.give(time.Now())
	})
}

// recording is a connection to nobody.
type recording struct {
	net.Conn
	r io.Reader
	w io.Writer
}

func (c *recording) Read(b []byte) (int, error) {
	if c.r == nil {
		return 0, io.EOF
	}
	return c.r.Read(b)
}
func (c *recording) Write(b []byte) (int, error)      { return c.w.Write(b) }
func (c *recording) SetDeadline(time.Time) error      { return nil }
func (c *recording) SetWriteDeadline(time.Time) error { return nil }
func (c *recording) Close() error                     { return nil }

func BenchmarkHandshake(b *testing.B) {
	ours, theirs := New(certificate(b, 1, 10)), New(certificate(b, 2, 10))
	for b.Loop() {
		x, y := net.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() { ours.client(b.Context())(x) })
		wg.Go(func() { theirs.server(b.Context())(y) })
		wg.Wait()
		x.Close()
		y.Close()
	}
}
