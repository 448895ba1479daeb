package punch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// streams accepts the streams of a connection for a server.
type streams struct {
	*Conn
	ctx    context.Context
	cancel context.CancelFunc
}

func (s streams) Accept() (net.Conn, error) { return s.Conn.Accept(s.ctx) }
func (s streams) Addr() net.Addr            { return s.LocalAddr() }
func (s streams) Close() error              { s.cancel(); return nil }

// inConn runs a test with both ends of a connection between open hosts.
func inConn(t *testing.T, f func(w *world, a, b *Conn)) {
	t.Helper()
	inWorld(t, fabric.Config{}, func(w *world) {
		a, b := w.peer(aliceAddr), w.peer(bobAddr)
		defer a.close()
		defer b.close()
		sa, sb := wires(oneWay)
		ea, eb := w.punch(a, b, sa, sb)
		if ea.err != nil || eb.err != nil {
			w.Fatal(ea.err, eb.err)
		}
		f(w, ea.conn, eb.conn)
		ea.conn.Close()
		<-eb.conn.Done()
	})
}

// TestHTTP has net/http ask for ranges, several on one stream and on several.
func TestHTTP(t *testing.T) {
	inConn(t, func(w *world, a, b *Conn) {
		file := make([]byte, 1<<20)
		for i := range file {
			file[i] = byte(i >> 3)
		}
		ctx, cancel := context.WithCancel(w.Context())
		srv := &http.Server{IdleTimeout: time.Minute, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("X-Queued-Got", r.Header.Get("X-Queue"))
			http.ServeContent(rw, r, "file", time.Time{}, bytes.NewReader(file))
		})}
		var wg sync.WaitGroup
		wg.Go(func() { srv.Serve(streams{b, ctx, cancel}) })
		client := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return a.Open(ctx) }, MaxConnsPerHost: 4}
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				req, _ := http.NewRequestWithContext(w.Context(), "GET", "http://peer/file", nil)
				req.Header.Set("Range", "bytes=1000-500999")
				req.Header.Set("X-Queue", "0.1")
				res, err := client.RoundTrip(req)
				if err != nil {
					w.Error(err)
					return
				}
				defer res.Body.Close()
				got, err := io.ReadAll(res.Body)
				if err != nil || res.StatusCode != http.StatusPartialContent || res.Header.Get("X-Queued-Got") != "0.1" || !bytes.Equal(got, file[1000:501000]) {
					w.Errorf("%s, %d bytes, %v", res.Status, len(got), err)
				}
			})
		}
		asking.Wait()
		client.CloseIdleConnections()
		srv.Close()
		wg.Wait()
	})
}

// both opens a stream; its other end is there once a byte was written.
func (w *world) both(a, b *Conn) (x, y net.Conn) {
	w.Helper()
	x, err := a.Open(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	x.Write([]byte{1})
	if y, err = b.Accept(w.Context()); err != nil {
		w.Fatal(err)
	}
	if _, err := io.ReadFull(y, make([]byte, 1)); err != nil {
		w.Fatal(err)
	}
	return x, y
}

func TestStreamIsConn(t *testing.T) {
	inConn(t, func(w *world, a, b *Conn) {
		x, y := w.both(a, b)
		if x.RemoteAddr().String() != bobAddr || y.RemoteAddr().String() != aliceAddr {
			w.Errorf("addresses %v and %v", x.RemoteAddr(), y.RemoteAddr())
		}

		start := time.Now()
		y.SetReadDeadline(start.Add(time.Second))
		_, err := y.Read(make([]byte, 1))
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			w.Errorf("a read past its deadline: %v after %v", err, time.Since(start))
		}
		y.SetReadDeadline(time.Time{})

		x.(*stream).CloseWrite()
		if _, err := y.Read(make([]byte, 1)); err != io.EOF {
			w.Errorf("after CloseWrite the peer reads %v", err)
		}
		y.Write([]byte("still open"))
		p := make([]byte, 10)
		if _, err := io.ReadFull(x, p); err != nil || string(p) != "still open" {
			w.Errorf("read %q, %v", p, err)
		}
		x.Close()
		if _, err := x.Read(p); !errors.Is(err, net.ErrClosed) {
			w.Errorf("a read after Close: %v", err)
		}
		if _, err := x.Write(p); !errors.Is(err, net.ErrClosed) {
			w.Errorf("a write after Close: %v", err)
		}
		if err := x.Close(); !errors.Is(err, net.ErrClosed) {
			w.Errorf("a second Close: %v", err)
		}
		y.Close()
	})
}

// TestCutShort has a Close end a Write that the peer has not read: that is no end.
func TestCutShort(t *testing.T) {
	inConn(t, func(w *world, a, b *Conn) {
		x, y := w.both(a, b)
		var wg sync.WaitGroup
		wg.Go(func() {
			if n, err := x.Write(make([]byte, 2*streamWindow)); err == nil {
				w.Errorf("wrote %d bytes that nobody reads", n)
			}
		})
		w.wait(10 * time.Second)
		x.Close()
		wg.Wait()
		if n, err := io.Copy(io.Discard, y); err == nil {
			w.Errorf("read %d bytes and an end", n)
		}
		y.Close()
	})
}

// TestStreamsAreBounded opens one more than the peer allows.
func TestStreamsAreBounded(t *testing.T) {
	inConn(t, func(w *world, a, b *Conn) {
		for range maxStreams {
			if _, err := a.Open(w.Context()); err != nil {
				w.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		if _, err := a.Open(ctx); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("stream %d: %v", maxStreams+1, err)
		}
	})
}

// TestConnectionEndsWithItsPeer has the host of one end vanish.
func TestConnectionEndsWithItsPeer(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a, b := w.peer(aliceAddr), w.peer(bobAddr)
		defer a.close()
		sa, sb := wires(oneWay)
		ea, eb := w.punch(a, b, sa, sb)
		if ea.err != nil || eb.err != nil {
			w.Fatal(ea.err, eb.err)
		}
		w.wait(10 * time.Minute) // kept alive
		select {
		case <-ea.conn.Done():
			w.Fatal("an idle connection ended")
		default:
		}
		w.net.At(time.Now(), fabric.Kill{Host: at(bobAddr).Addr()})
		start := time.Now()
		<-ea.conn.Done()
		if took := time.Since(start); took > 2*idleTime {
			w.Errorf("noticed after %v", took)
		}
		b.close()
	})
}
