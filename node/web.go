package node

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"

	"filbert/overlay/identity"
)

// webListener gives the HTTP connections of the shared port to the upload
// server.
type webListener struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newWebListener(addr net.Addr) *webListener {
	return &webListener{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// hand passes a connection on, unless ctx or the listener ended first.
func (l *webListener) hand(ctx context.Context, conn net.Conn) bool {
	select {
	case l.conns <- conn:
		return true
	case <-l.done:
	case <-ctx.Done():
	}
	return false
}

// Accept implements net.Listener.
func (l *webListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *webListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements net.Listener.
func (l *webListener) Addr() net.Addr { return l.addr }

// webConn is a connection whose first bytes were read already. Files leave it
// as they would the connection itself: by sendfile where there is one.
type webConn struct {
	net.Conn
	prefix []byte
	peer   identity.PeerID // who has proven to be at the other end; zero if nobody has
}

// httpConn is a connection whose first line was read from in.
func httpConn(conn net.Conn, in *bufio.Reader, line []byte) *webConn {
	rest, _ := in.Peek(in.Buffered())
	peer, _ := identity.Fetcher(conn)
	return &webConn{Conn: conn, peer: peer, prefix: append(append(bytes.Clone(line), "\r\n"...), rest...)}
}

// Proven implements upload.Proven.
func (c *webConn) Proven() [32]byte { return c.peer }

// Read implements net.Conn.
func (c *webConn) Read(b []byte) (int, error) {
	if len(c.prefix) > 0 {
		n := copy(b, c.prefix)
		if c.prefix = c.prefix[n:]; len(c.prefix) == 0 {
			c.prefix = nil
		}
		return n, nil
	}
	return c.Conn.Read(b)
}

// ReadFrom implements io.ReaderFrom.
func (c *webConn) ReadFrom(r io.Reader) (int64, error) {
	if rf, ok := c.Conn.(io.ReaderFrom); ok {
		return rf.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{c.Conn}, r)
}

// CloseWrite ends our side, so that a refusal is read before the end.
func (c *webConn) CloseWrite() error { return closeWrite(c.Conn) }

// closeWrite ends our side of a connection, all of it where one side cannot end alone.
func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return conn.Close()
}
