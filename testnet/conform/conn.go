package conform

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"
)

// conn is one TCP connection with the servent, read as the case goes along.
type conn struct {
	t     *trial
	raw   net.Conn // TCP, or TLS over it
	tcp   net.Conn
	r     *bufio.Reader
	local netip.AddrPort
}

// connect opens a connection, not before its turn, and closes it with the case.
func (t *trial) connect() (*conn, error) {
	if wait := time.Until(t.lastDial.Add(t.pace())); wait > 0 {
		t.cfg.Tell(fmt.Sprintf("waiting %v before the next connection", wait.Round(time.Second)))
		t.pause(wait)
	}
	// The port is taken before the call, so that no other connection of this host
	// has it too: we say that we listen there.
	d := net.Dialer{Deadline: t.deadline(), LocalAddr: &net.TCPAddr{}}
	raw, err := d.DialContext(t.ctx, "tcp", t.cfg.Addr.String())
	t.lastDial = time.Now()
	if err != nil {
		return nil, err
	}
	return t.adopt(raw), nil
}

// pace is the time between connections.
func (t *trial) pace() time.Duration {
	switch {
	case t.cfg.Pace != 0:
		return t.cfg.Pace
	case t.lastDial.IsZero() || t.isFilbert():
		return 0
	}
	return foreignPace
}

// isFilbert reports whether the servent says that it is one of ours.
func (t *trial) isFilbert() bool {
	agent, _ := t.answer.get("User-Agent")
	return strings.HasPrefix(agent, "filbert/")
}

// adopt makes a conn of a connection that is open.
func (t *trial) adopt(raw net.Conn) *conn {
	c := &conn{t: t, raw: raw, tcp: raw, r: bufio.NewReaderSize(raw, maxLine)}
	if a, ok := raw.LocalAddr().(*net.TCPAddr); ok {
		c.local = a.AddrPort()
		c.local = netip.AddrPortFrom(c.local.Addr().Unmap(), c.local.Port())
	}
	t.later(raw)
	return c
}

// dial is connect in the middle of a case.
func (t *trial) dial() *conn {
	c, err := t.connect()
	if err != nil {
		t.failf("the servent to take a connection", "%v", err)
	}
	return c
}

// write sends bytes. A servent that does not want them may have closed: what it
// thinks is seen by what is read next.
func (c *conn) write(b []byte) {
	c.raw.SetWriteDeadline(c.t.deadline())
	c.raw.Write(b)
}

// say sends lines and the empty line that ends them.
func (c *conn) say(lines ...string) {
	c.write([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
}

// hear reads a block; ok is false when the servent closed instead. Silence and
// half a block fail the case.
func (c *conn) hear(want string) (b block, ok bool) {
	c.raw.SetReadDeadline(c.t.deadline())
	b, err := readBlock(c.r)
	switch {
	case err == nil:
		return b, true
	case errors.Is(err, io.EOF), isReset(err):
		return b, false
	}
	panic(&verdict{outcome: Fail, want: want, got: c.t.told(err), err: err})
}

// block reads a block that must come.
func (c *conn) block(want string) block {
	b, ok := c.hear(want)
	if !ok {
		c.t.fail(want, "the connection was closed")
	}
	return b
}

// refused reads what a HELLO or a request must get that is to be refused: an
// answer with one of codes (none: any that is not 2xx), or the end of the
// connection if closing will do.
func (c *conn) refused(closing bool, codes ...int) block {
	want := "a refusal"
	if len(codes) > 0 {
		want = fmt.Sprintf("a refusal with %v", codes)
	}
	if closing {
		want += " or the end of the connection"
	}
	b, ok := c.hear(want)
	if !ok {
		c.t.check(closing, want, "the connection was closed without an answer")
		return b
	}
	right := len(codes) == 0 && !b.welcome()
	for _, code := range codes {
		right = right || b.code() == code
	}
	c.t.check(right, want, "%s", b.first)
	return b
}

// ends waits for the end of the connection and drops what comes before.
func (c *conn) ends(limit time.Duration) {
	c.raw.SetReadDeadline(time.Now().Add(limit))
	n, err := io.Copy(io.Discard, io.LimitReader(c.r, maxDiscard))
	switch {
	case err == nil && n < maxDiscard, isReset(err):
		return
	case err == nil:
		c.t.failf("the connection to be closed", "more than %d bytes", maxDiscard)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.failf("the connection to be closed", "a connection that is open after %v", limit)
	}
	c.t.failf("the connection to be closed", "%s", c.t.told(err))
}

// secure speaks TLS from here on, as client. The certificate is not looked at:
// servents sign their own.
func (c *conn) secure() error {
	return c.handshakeTLS(tls.Client(&farConn{c.raw, c.r}, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}))
}

// farConn is a connection some of whose bytes were read already, as if it were
// longer than one on this host: gtk-gnutella takes a TLS handshake after an
// upgrade that completes while it looks for a failed one (core/sockets.c:1815).
type farConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *farConn) Read(b []byte) (int, error) { return c.r.Read(b) }

func (c *farConn) Write(b []byte) (int, error) {
	if len(b) > 0 && b[0] != tlsData {
		timer := time.NewTimer(farDelay)
		defer timer.Stop()
		<-timer.C
	}
	return c.Conn.Write(b)
}

func (c *conn) handshakeTLS(s *tls.Conn) error {
	ctx, cancel := context.WithDeadline(c.t.ctx, c.t.deadline())
	defer cancel()
	c.raw.SetDeadline(time.Time{})
	if err := s.HandshakeContext(ctx); err != nil {
		return err
	}
	c.raw, c.r = s, bufio.NewReaderSize(s, maxLine)
	return nil
}

// isReset reports whether an error is the servent's abrupt end of a connection.
func isReset(err error) bool {
	var op *net.OpError
	var alert tls.AlertError
	return errors.As(err, &op) && !op.Timeout() || errors.As(err, &alert) || errors.Is(err, net.ErrClosed)
}

// told says what an error of reading means.
func (t *trial) told(err error) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("nothing within %v", t.cfg.Timeout)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed in the middle: " + err.Error()
	case errors.Is(err, io.EOF), isReset(err):
		return "the connection was closed"
	}
	return err.Error()
}
