package upload

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"filbert/transfer/queue"
	"filbert/transfer/urn"
)

// listener lets connections in as far as there is room.
type listener struct {
	net.Listener
	server *Server
}

// Accept is the next connection there is room for; others are closed.
func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := addrOf(c.RemoteAddr().String()).Addr()
		host := queue.HostOf(addr)
		if !l.server.enter(host) {
			c.Close()
			continue
		}
		screened := &conn{Conn: c, server: l.server, addr: addr, host: host}
		if who, ok := c.(Proven); ok {
			screened.by = who.Proven()
		}
		if below, ok := c.(io.ReaderFrom); ok {
			return fileConn{screened, below}, nil
		}
		return screened, nil
	}
}

// Proven is a connection that may know who is at its other end.
type Proven interface {
	// Proven is the peer's key, zero if it has proven none.
	Proven() [32]byte
}

// addrOf is an address as net.Addr prints it, the zero AddrPort if it is none.
func addrOf(s string) netip.AddrPort {
	addr, _ := netip.ParseAddrPort(s)
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

// conn is an accepted connection. It screens what is read.
type conn struct {
	net.Conn
	server *Server
	addr   netip.Addr // of the peer
	host   netip.Prefix
	by     [32]byte // key that the peer has proven; zero if none
	closed atomic.Bool
	file   atomic.Pointer[opened]
	served atomic.Bool // the last file that was asked for was sent

	// Below: owned by whoever reads, one goroutine at a time.
	screen  screen
	refused error // of screen

	// Below: owned by the handler.
	errors int     // refusals in a row
	corked *[]byte // what is written, while it is held back
	met    bool    // the first answer was given

	firewalled bool      // the peer takes sources that cannot be connected to
	meshed     urn.SHA1  // the file whose other sources it was told last
	meshedAt   time.Time // and when
}

// Read passes on bytes that passed the screen. Where it finds fault, it gives
// the bytes before and then the fault for good: net/http, which cannot have the
// head complete, answers 400 when its turn comes.
func (c *conn) Read(p []byte) (int, error) {
	if c.refused != nil {
		return 0, c.refused
	}
	n, err := c.Conn.Read(p)
	if n, c.refused = c.screen.check(p[:n]); c.refused == nil {
		return n, err
	}
	c.server.count(RefusedFraming)
	if n == 0 {
		return 0, c.refused
	}
	return n, nil
}

// fileConn is a conn that is given files themselves, which a TCP connection
// sends by sendfile.
type fileConn struct {
	*conn
	io.ReaderFrom
}

// base is the conn in a conn or fileConn.
func (c *conn) base() *conn { return c }

// CloseWrite tells the peer that nothing more comes, so that it can read the
// last answer before the connection goes away.
func (c *conn) CloseWrite() error {
	below, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return below.CloseWrite()
}

// Close closes the connection and gives its place to another.
func (c *conn) Close() error {
	if !c.closed.Swap(true) {
		c.server.leave(c.host)
		c.dropFile()
		c.server.gone(c.addr, c.served.Load())
	}
	return c.Conn.Close()
}
