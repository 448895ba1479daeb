package node

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"filbert/overlay/identity"
)

// serviceGroups is the service of lines that members of groups speak over.
const serviceGroups = "groups"

// groupStreams is lines as groups have streams. It implements group.Streams.
type groupStreams struct {
	lines *lines
	sent  *atomic.Uint64 // bytes, with headers
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newGroupStreams(l *lines, sent *atomic.Uint64) *groupStreams {
	s := &groupStreams{lines: l, sent: sent, conns: make(chan net.Conn), done: make(chan struct{})}
	l.handle(serviceGroups, s.serve)
	return s
}

// Dial implements group.Streams.
func (s *groupStreams) Dial(ctx context.Context, to identity.PeerID, address string) (net.Conn, error) {
	at, _ := netip.ParseAddrPort(address) // an invite may name a host that we do not look up
	conn, err := s.lines.dial(ctx, to, at, serviceGroups)
	if err != nil {
		return nil, err
	}
	return &groupConn{conn, s.sent}, nil
}

// Accept implements group.Streams.
func (s *groupStreams) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, fmt.Errorf("node: groups: %w", net.ErrClosed)
	}
}

// Close implements group.Streams.
func (s *groupStreams) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// serve holds a line until whoever took it closes it.
func (s *groupStreams) serve(ctx context.Context, _ identity.PeerID, conn net.Conn) {
	held := &heldConn{Conn: &groupConn{conn, s.sent}, closed: make(chan struct{})}
	select {
	case s.conns <- held:
	case <-s.done:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-held.closed:
	case <-ctx.Done():
	}
}

// heldConn tells that it was closed.
type heldConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

// Close implements net.Conn.
func (c *heldConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
