package relay

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// ServerConfig describes a relay.
type ServerConfig struct {
	Limits Limits

	// Self is the relay's own name: it does not relay to itself.
	Self PeerID

	// Own reports whether an address, by which a peer says it reached the relay, is
	// the relay's. Nil: it is the local one of the connection. It is called by several
	// goroutines and must not block.
	Own func(netip.AddrPort) bool

	// Friend reports whether a peer has places of its own, beside those for all. Nil: none
	// has. It is called by several goroutines and must not block.
	Friend func(PeerID) bool
}

// Server is the relay's side. It has no goroutine outside Serve, and may be used by
// several.
type Server struct {
	config ServerConfig

	mu           sync.Mutex // Below.
	budget       *Budget
	reservations map[PeerID]*controlConn
	circuits     map[CircuitID]*circuit // that wait to be accepted
	closed       bool                   // see Open
	stats        Stats
}

// NewServer returns a relay.
func NewServer(config ServerConfig) *Server {
	return &Server{
		config:       config,
		budget:       NewBudget(config.Limits),
		reservations: map[PeerID]*controlConn{},
		circuits:     map[CircuitID]*circuit{},
		stats:        Stats{Refused: map[Status]uint64{}, Ended: map[End]uint64{}},
	}
}

// peerConn is a connection of a peer: what r has read of it comes first.
type peerConn struct {
	net.Conn
	r    *bufio.Reader
	addr netip.AddrPort
}

// Serve holds one conversation, whose first line was read from r, and closes conn. It
// returns when the conversation, the reservation or the circuit is over, or ctx is. The
// error says why it came to nothing: a *StatusError that the other side was told, a
// *FormatError, or that of the connection.
func (s *Server) Serve(ctx context.Context, conn net.Conn, r *bufio.Reader, line string) error {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c := &peerConn{conn, r, addrOf(conn)}
	c.SetDeadline(time.Now().Add(HandshakeTime)) // an error shows at the read

	req, status := parseRequest(line)
	if status == OK {
		status = s.begin(c)
	}
	if status != OK {
		return s.refuse(c, req, status)
	}
	done := sync.OnceFunc(func() { s.done(c) })
	defer done()
	if _, err := readBlock(r); err != nil {
		return s.broken(c, req, err)
	}
	switch {
	case IsRelayed(conn):
		return s.refuse(c, req, Chained)
	case req.verb == verbReserve:
		return s.reserve(c, req, done)
	case req.verb == verbConnect:
		return s.connect(ctx, c, req, done)
	case req.verb == verbAccept:
		return s.accept(c, req, done)
	}
	return s.refuse(c, req, Unknown) // PROOF without RESERVE
}

// Open says whether the relay takes part: a node does while it is an ultrapeer that
// others reach. A relay is open at first. One that closes ends its reservations and
// refuses what is new; open circuits go on.
func (s *Server) Open(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = !open
	if open {
		return
	}
	for _, ctl := range s.reservations {
		ctl.end(Closing)
	}
	for _, waiting := range s.circuits {
		s.decideLocked(waiting, decision{status: Closing})
	}
}

func (s *Server) begin(c *peerConn) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Closing
	}
	return s.budget.Begin(c.addr.Addr())
}

func (s *Server) done(c *peerConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budget.Done(c.addr.Addr())
}

// refuse tells the other side why, and counts it.
func (s *Server) refuse(c *peerConn, req request, status Status) error {
	s.mu.Lock()
	s.stats.Refused[status]++
	s.mu.Unlock()
	if _, err := c.Write(endBlock(appendStatus(nil, status))); err == nil {
		closeWrite(c.Conn)
	}
	return &StatusError{Op: req.verb.String(), Code: status, Text: status.String()}
}

// broken is a conversation that the other side did not hold: it is told what is
// malformed, and nothing else.
func (s *Server) broken(c *peerConn, req request, err error) error {
	if malformed := (*FormatError)(nil); errors.As(err, &malformed) {
		s.refuse(c, req, Malformed)
		return err
	}
	s.mu.Lock()
	s.stats.Broken++
	s.mu.Unlock()
	return err
}

// own reports whether a peer may have reached the relay at an address.
func (s *Server) own(c *peerConn, at netip.AddrPort) bool {
	if s.config.Own != nil {
		return s.config.Own(at)
	}
	local, ok := c.LocalAddr().(interface{ AddrPort() netip.AddrPort })
	return ok && unmapped(local.AddrPort()) == at
}

// friend reports whether a peer has places of its own.
func (s *Server) friend(peer PeerID) bool { return s.config.Friend != nil && s.config.Friend(peer) }

// random fills b with bytes nobody can guess.
func random(b []byte) {
	rand.Read(b) // never fails
}

func addrOf(conn net.Conn) netip.AddrPort {
	if a, ok := conn.RemoteAddr().(interface{ AddrPort() netip.AddrPort }); ok {
		return unmapped(a.AddrPort())
	}
	return netip.AddrPort{}
}

// closeWrite ends our direction, where that can be done alone.
func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return conn.Close()
}
