package relay

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// Dial connects to a relay by TCP, as net.Dialer.DialContext. It is called by several
// goroutines.
type Dial func(ctx context.Context, relay netip.AddrPort) (net.Conn, error)

// Shake makes the TLS handshake of a circuit, as its server or client, until ctx ends. What
// it returns is over conn. It does not close conn.
type Shake func(ctx context.Context, conn net.Conn, config *tls.Config, server bool) (*tls.Conn, error)

// shakes is a Shake that waits for nobody.
func shakes(ctx context.Context, conn net.Conn, config *tls.Config, server bool) (*tls.Conn, error) {
	side := tls.Client
	if server {
		side = tls.Server
	}
	c := side(conn, config)
	return c, c.HandshakeContext(ctx)
}

// Client is the side of those who need a relay.
type Client struct {
	// Shake may hold handshakes to what they may compute. It is set before the Client is
	// used; nil: they are held to nothing.
	Shake Shake

	dial Dial
	self Prover
	kept atomic.Uint64
}

// Kept is the bytes that making and keeping reservations took so far, of what we sent,
// with headers.
func (c *Client) Kept() uint64 { return c.kept.Load() }

// NewClient returns the client of a peer.
func NewClient(dial Dial, self Prover) *Client { return &Client{dial: dial, self: self} }

// Dial connects to a peer over a relay at which it has a reservation. The configuration
// must let no other peer pass. The error is a *StatusError if the relay or the peer
// refused.
func (c *Client) Dial(ctx context.Context, relay netip.AddrPort, peer PeerID, config *tls.Config) (*Conn, error) {
	config, err := secured(config, true)
	switch {
	case err != nil:
		return nil, err
	case peer == c.self.Peer():
		return nil, ErrSelf
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	raw, err := c.open(ctx, relay, "connect", request{verb: verbConnect, peer: peer})
	if err != nil {
		return nil, err
	}
	conn, err := c.shake()(ctx, raw, config, false)
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("relay: TLS with the peer: %w", err)
	}
	return &Conn{Conn: conn, Grant: raw.grant, Relay: relay}, nil
}

func (c *Client) shake() Shake {
	if c.Shake == nil {
		return shakes
	}
	return c.Shake
}

// open makes one request of a relay and returns the circuit it answers with.
func (c *Client) open(ctx context.Context, relay netip.AddrPort, op string, req request) (*stream, error) {
	call, err := c.call(ctx, relay, op)
	if err != nil {
		return nil, err
	}
	head, err := call.ask(endBlock(req.appendTo(nil)), OK)
	var grant Grant
	if err == nil {
		grant, err = head.grant()
	}
	if err == nil {
		err = call.through(ctx)
	}
	if err != nil {
		return nil, call.fail(ctx, err)
	}
	return newStream(call.conn, call.r, grant), nil
}

// call is a conversation with a relay that has not come to a decision.
type call struct {
	op   string
	conn net.Conn
	r    *bufio.Reader
	stop func() bool // of the watch on the context
}

// call connects to a relay. Until through, the connection ends with ctx.
func (c *Client) call(ctx context.Context, relay netip.AddrPort, op string) (*call, error) {
	conn, err := c.dial(ctx, relay)
	if err != nil {
		return nil, fmt.Errorf("relay: %s: %w", op, err)
	}
	if IsRelayed(conn) {
		conn.Close()
		return nil, ErrChained
	}
	// The relay may wait for the peer as long as its own handshakes may take.
	conn.SetDeadline(time.Now().Add(2 * HandshakeTime)) // an error shows at the read
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	return &call{op, conn, bufio.NewReaderSize(conn, maxBlock), stop}, nil
}

// ask sends a request and reads the answer; another status than the one that is wanted
// is an error.
func (c *call) ask(req []byte, want Status) (head block, err error) {
	if _, err = c.conn.Write(req); err != nil {
		return block{}, err
	}
	line, err := readLine(c.r)
	if err != nil {
		return block{}, err
	}
	status, text, err := parseStatus(line)
	switch {
	case err != nil:
		return block{}, err
	case status != want:
		return block{}, &StatusError{Op: c.op, Code: status, Text: text}
	}
	return readBlock(c.r)
}

// through ends the watch: the connection is the caller's.
func (c *call) through(ctx context.Context) error {
	if !c.stop() {
		return ctx.Err()
	}
	return c.conn.SetDeadline(time.Time{})
}

// fail closes the connection and says what failed: the caller's wish to end first.
func (c *call) fail(ctx context.Context, err error) error {
	c.stop()
	c.conn.Close()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	switch err.(type) {
	case *StatusError, *FormatError:
		return err
	}
	return fmt.Errorf("relay: %s: %w", c.op, err)
}
