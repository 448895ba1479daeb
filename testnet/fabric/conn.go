package fabric

import (
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// conn is one end of a TCP connection. Its methods besides those of net.Conn are CloseWrite and SetLinger, as
// net.TCPConn has them. All fields are guarded by the lock of the Net.
type conn struct {
	endpoint
	remote netip.AddrPort
	link   *link // to the remote host
	peer   *conn // the other end, known from its first segment

	// Life: dialing or half open -> established -> ended.
	established bool
	ended       bool          // by a reset from either end, or because the host died: nothing more passes
	dialed      chan struct{} // of the dialing end: closed when the dial ends
	dialErr     error
	listener    *listener // of the other end: until the handshake is complete

	// Sending.
	out       []byte  // written, and not sent yet
	inFlight  int     // sent, and not known to be read by the peer
	pending   pending // segments without data that are due
	writing   bool    // a Write is under way: others wait, so that their bytes do not mix
	finish    bool    // nothing more will be written
	finSent   bool
	abortive  bool          // Close resets
	arrival   time.Duration // of the last segment: no later one overtakes it
	lingering *time.Timer   // resets a closed connection that cannot send its rest

	// Receiving.
	in     []byte        // received, and not read yet
	unsaid int           // bytes read that the peer does not know of
	eof    bool          // the peer writes no more
	reset  syscall.Errno // until one operation has returned it
}

func newConn(h *Host, network string, local, remote netip.AddrPort, l *link) *conn {
	return &conn{endpoint: endpoint{host: h, network: network, local: local}, remote: remote, link: l}
}

func (c *conn) name() flow { return flow{c.local, c.remote} }

func (c *conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// opError wraps err as package net does. End of file stays as it is.
func (c *conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

func (c *conn) Read(p []byte) (int, error) {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	n, err := c.readLocked(p)
	return n, c.opError("read", err)
}

func (c *conn) readLocked(p []byte) (int, error) {
	for {
		if err := c.usableLocked(&c.readBy); err != nil {
			return 0, err
		}
		switch {
		case len(p) == 0:
			return 0, nil
		case len(c.in) > 0:
			return c.takeLocked(p), nil
		case c.eof:
			return 0, io.EOF
		case c.reset != 0:
			return 0, callError("read", c.resetOnceLocked())
		case c.ended:
			return 0, io.EOF
		}
		c.readable.waitLocked(c.host.net)
	}
}

// takeLocked moves received bytes to p.
func (c *conn) takeLocked(p []byte) int {
	n := copy(p, c.in)
	c.in = c.in[n:]
	if len(c.in) == 0 {
		c.in = nil
	}
	c.unsaid += n
	if c.unsaid >= windowUpdate && !c.eof && !c.ended {
		c.touchLocked(c)
	}
	return n
}

// resetOnceLocked returns the error of a reset, which one operation sees; later ones see the end of the stream.
func (c *conn) resetOnceLocked() syscall.Errno {
	errno := c.reset
	c.reset = 0
	return errno
}

func (c *conn) Write(p []byte) (int, error) {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	n, err := c.writeLocked(p)
	return n, c.opError("write", err)
}

func (c *conn) writeLocked(p []byte) (int, error) {
	for c.writing {
		if err := c.usableLocked(&c.writeBy); err != nil {
			return 0, err
		}
		c.writable.waitLocked(c.host.net)
	}
	c.writing = true
	defer func() {
		c.writing = false
		c.writable.wakeLocked(c.host.net)
	}()
	written := 0
	for {
		if err := c.usableLocked(&c.writeBy); err != nil {
			return written, err
		}
		switch {
		case c.reset != 0:
			return written, callError("write", c.resetOnceLocked())
		case c.finish || c.ended:
			return written, callError("write", syscall.EPIPE)
		case len(p) == 0:
			return written, nil
		}
		if room := min(sendBuffer-len(c.out), len(p)); room > 0 {
			c.out = append(c.out, p[:room]...)
			p = p[room:]
			written += room
			c.touchLocked(c)
			continue
		}
		c.writable.waitLocked(c.host.net)
	}
}

func (c *conn) SetDeadline(t time.Time) error      { return c.setError(c.setDeadlines(t, true, true)) }
func (c *conn) SetReadDeadline(t time.Time) error  { return c.setError(c.setDeadlines(t, true, false)) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setError(c.setDeadlines(t, false, true)) }

func (c *conn) setError(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set", Net: c.network, Addr: c.LocalAddr(), Err: err}
}
