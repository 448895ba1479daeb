package relay

import (
	"context"
	"time"
)

// circuit is one that waits for its peer to accept it.
type circuit struct {
	id     CircuitID
	ticket Ticket
	answer chan decision // holds the one there is
	over   chan struct{} // closed when the circuit has ended
}

// decision is the peer's: a connection, or why there is none.
type decision struct {
	conn   *peerConn
	status Status
}

// connect asks a peer for a circuit, waits for it, and carries the bytes.
func (s *Server) connect(ctx context.Context, c *peerConn, req request, done func()) error {
	if req.peer == s.config.Self {
		return s.refuse(c, req, Itself)
	}
	waiting, status := s.offer(c, req.peer)
	if status != OK {
		return s.refuse(c, req, status)
	}
	defer close(waiting.over)
	used, opened, how := int64(0), false, EndFailed
	defer func() { s.ended(waiting, used, opened, how) }()

	d := s.wait(ctx, waiting)
	if d.status != OK {
		return s.refuse(c, req, d.status)
	}
	defer d.conn.Close()
	done()
	c.SetDeadline(time.Now().Add(HandshakeTime)) // an error shows at the write
	ok := endBlock(waiting.ticket.Grant.appendTo(appendStatus(nil, OK)))
	for _, conn := range []*peerConn{d.conn, c} {
		if _, err := conn.Write(ok); err != nil {
			return err
		}
	}
	opened = true
	used, how = splice(c, d.conn, waiting.ticket.Grant, s.budget.limits.IdleTime)
	if ctx.Err() != nil {
		how = EndStopped
	}
	return nil
}

// offer asks the budget, and tells the peer who wants to reach it.
func (s *Server) offer(c *peerConn, peer PeerID) (*circuit, Status) {
	waiting := &circuit{answer: make(chan decision, 1), over: make(chan struct{})}
	random(waiting.id[:])
	friend := s.friend(peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, Closing
	}
	ticket, status := s.budget.Connect(time.Now(), peer, c.addr.Addr(), friend)
	if status != OK {
		return nil, status
	}
	waiting.ticket = ticket
	if !s.postLocked(s.reservations[peer], control{kind: offer, circuit: waiting.id, from: c.addr}) {
		s.budget.End(ticket, 0)
		return nil, PeerGone
	}
	s.circuits[waiting.id] = waiting
	return waiting, OK
}

// wait waits until the peer has decided.
func (s *Server) wait(ctx context.Context, waiting *circuit) decision {
	timer := time.NewTimer(acceptTime)
	defer timer.Stop()
	status := NoAnswer
	select {
	case d := <-waiting.answer:
		return d
	case <-timer.C:
	case <-ctx.Done():
		status = Closing
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decideLocked(waiting, decision{status: status}) // nothing, if it was decided just now
	return <-waiting.answer
}

// decideLocked gives the answer to a circuit, once.
func (s *Server) decideLocked(waiting *circuit, d decision) {
	if s.circuits[waiting.id] == waiting {
		delete(s.circuits, waiting.id)
		waiting.answer <- d // has room for one
	}
}

// accept brings the connection of a peer to the circuit it accepts, and stays until
// that is over.
func (s *Server) accept(c *peerConn, req request, done func()) error {
	s.mu.Lock()
	waiting := s.circuits[req.circuit]
	if waiting != nil {
		s.decideLocked(waiting, decision{conn: c, status: OK})
	}
	s.mu.Unlock()
	if waiting == nil {
		return s.refuse(c, req, NoCircuit)
	}
	done()
	<-waiting.over
	return nil
}

// refused is the peer's no to a circuit.
func (s *Server) refused(ctl *controlConn, id CircuitID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if waiting := s.circuits[id]; waiting != nil && waiting.ticket.peer == ctl.peer {
		s.decideLocked(waiting, decision{status: PeerRefused})
	}
}

// ended gives back what a circuit had.
func (s *Server) ended(waiting *circuit, used int64, opened bool, how End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budget.End(waiting.ticket, used)
	if opened {
		s.stats.Opened++
		s.stats.Bytes += uint64(used)
		s.stats.Ended[how]++
	}
}
