package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/handshake"
	"filbert/overlay/tlslink"
	"filbert/overlay/wire"
)

// guest is what the load is on one connection.
type guest struct {
	number int // of the connection
	terms
	role handshake.Role
}

// terms are what the connections of a load agree on with the relay, and what
// they speak beyond queries.
type terms struct {
	protocols handshake.Protocols
	deflate   bool
	tls       *tlslink.Layer // nil = plain
}

// line is one connection to a relay after its handshake. It may be written to by
// several goroutines and read by one.
type line struct {
	conn net.Conn
	in   *wire.Reader

	deflated bool
	mu       sync.Mutex // when what is sent is deflated
	deflater deflate.Writer
	packed   []byte
}

// call opens one connection and shakes hands.
func call(ctx context.Context, relay netip.AddrPort, g guest) (_ *line, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", relay.String())
	if err != nil {
		return nil, fmt.Errorf("bench: connect: %w", err)
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	s := handshake.Session{Conn: conn, Reader: bufio.NewReader(conn), Deadline: time.Now().Add(handshake.Timeout)}
	if g.tls != nil {
		s.TLS = g.tls
	}
	offer := handshake.Offer{
		Agent: "load", GUID: wire.GUID{byte(g.number + 1), byte((g.number + 1) >> 8), 8: 0xFF},
		Role: g.role, Degree: maxConnections, MaxTTL: sentTTL,
		Protocols: g.protocols, Deflate: g.deflate, TLS: g.tls != nil,
	}
	e, err := handshake.Initiate(ctx, s, offer, anyone{})
	switch {
	case err != nil:
		return nil, fmt.Errorf("bench: %w", err)
	case e.DeflateIn != g.deflate || e.DeflateOut != g.deflate || e.TLS != (g.tls != nil):
		return nil, fmt.Errorf("bench: the relay agreed on deflate %v and %v, TLS %v", e.DeflateIn, e.DeflateOut, e.TLS)
	}
	l := &line{conn: e.Conn, deflated: e.DeflateOut}
	if e.DeflateIn {
		l.in = wire.NewReader(deflate.NewReader(io.MultiReader(bytes.NewReader(e.Rest), e.Conn), 0))
	} else {
		l.in = wire.NewReaderBuffered(e.Conn, e.Rest)
	}
	return l, nil
}

// write sends whole messages by one write.
func (l *line) write(b []byte) error {
	if l.deflated {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.packed = l.deflater.AppendTo(l.packed[:0], b)
		b = l.packed
	}
	if _, err := l.conn.Write(b); err != nil {
		return fmt.Errorf("bench: send: %w", err)
	}
	return nil
}

// anyone judges: every relay is welcome.
type anyone struct{}

func (anyone) Judge(context.Context, *handshake.Peer) handshake.Verdict { return handshake.Accepted() }
