package punch

import (
	"context"
	"fmt"
	"net"

	"github.com/quic-go/quic-go"
)

// Conn is a connection over a punched path.
type Conn struct {
	quic *quic.Conn
	over *Detour
}

// Open makes a stream; it blocks while the peer allows no more. The peer sees the
// stream with the first bytes that are written.
func (c *Conn) Open(ctx context.Context) (net.Conn, error) {
	s, err := c.quic.OpenStreamSync(ctx)
	if err != nil {
		return nil, fmt.Errorf("punch: open stream: %w", err)
	}
	return &stream{Stream: s, conn: c.quic}, nil
}

// Accept takes a stream of the peer.
func (c *Conn) Accept(ctx context.Context) (net.Conn, error) {
	s, err := c.quic.AcceptStream(ctx)
	if err != nil {
		return nil, fmt.Errorf("punch: accept stream: %w", err)
	}
	return &stream{Stream: s, conn: c.quic}, nil
}

// LocalAddr is that of the socket.
func (c *Conn) LocalAddr() net.Addr { return c.quic.LocalAddr() }

// RemoteAddr is where the peer is now.
func (c *Conn) RemoteAddr() net.Addr { return c.quic.RemoteAddr() }

// Over is our socket at a third party that the path leads over, nil if there is none.
// It may lead over one of the peer's all the same.
func (c *Conn) Over() *Detour { return c.over }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.quic.Context().Done() }

// Close ends the connection with all its streams.
func (c *Conn) Close() error { return c.quic.CloseWithError(codeDone, "") }
