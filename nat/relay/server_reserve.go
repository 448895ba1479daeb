package relay

import (
	"sync"
	"time"
)

// controlConn is the control connection of a reservation, on the relay's side.
type controlConn struct {
	*peerConn
	peer   PeerID
	outbox chan control // bounded by maxOutbox; written under the server's lock only
	gone   chan struct{}
	end    func(Status) // once; the first status counts
	status Status
}

// reserve makes a reservation and keeps it until the connection ends.
func (s *Server) reserve(c *peerConn, req request, done func()) error {
	if req.peer == s.config.Self {
		return s.refuse(c, req, Itself)
	}
	status, err := s.challenge(c, req)
	if err != nil {
		return s.broken(c, req, err)
	}
	ctl := &controlConn{peerConn: c, peer: req.peer, outbox: make(chan control, maxOutbox), gone: make(chan struct{})}
	var once sync.Once
	ctl.end = func(status Status) { once.Do(func() { ctl.status = status; close(ctl.gone) }) }
	var left time.Duration
	if status == OK {
		left, status = s.admit(ctl)
	}
	if status != OK {
		return s.refuse(c, req, status)
	}
	defer s.release(ctl)
	done()

	b := appendStatus(nil, OK)
	b = appendNumber(b, headerExpires, int64(left/time.Second))
	b = appendNumber(b, headerKeepalive, int64(keepaliveTime/time.Second))
	if _, err := c.Write(endBlock(s.budget.Grant().appendTo(b))); err != nil {
		return err
	}
	return s.control(ctl, left)
}

// challenge has the peer prove its name.
func (s *Server) challenge(c *peerConn, req request) (Status, error) {
	var nonce [nonceLen]byte
	random(nonce[:])
	b := appendField(appendStatus(nil, statusProve), headerNonce, hexOf(nonce[:]))
	if _, err := c.Write(endBlock(b)); err != nil {
		return 0, err
	}
	line, err := readLine(c.r)
	if err != nil {
		return 0, err
	}
	proof, status := parseRequest(line)
	if status != OK || proof.verb != verbProof || proof.peer != req.peer {
		return Malformed, nil
	}
	head, err := readBlock(c.r)
	if err != nil {
		return 0, err
	}
	at, signature, err := head.proof()
	switch {
	case err != nil:
		return 0, err
	case !s.own(c, at) || !proven(nonce, req.peer, at, signature):
		return BadProof, nil
	}
	return OK, nil
}

// admit asks the budget. A reservation the peer had gives way.
func (s *Server) admit(ctl *controlConn) (left time.Duration, status Status) {
	friend := s.friend(ctl.peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, Closing
	}
	now := time.Now()
	expires, status := s.budget.Reserve(now, ctl.peer, ctl.addr.Addr(), friend)
	if status != OK {
		return 0, status
	}
	if old := s.reservations[ctl.peer]; old != nil {
		s.stats.Refused[Replaced]++
		old.end(Replaced)
		s.forsakeLocked(ctl.peer)
	}
	s.reservations[ctl.peer] = ctl
	s.stats.Reserved++
	return expires.Sub(now), OK
}

// release ends a reservation, unless another took its place.
func (s *Server) release(ctl *controlConn) {
	ctl.end(PeerGone)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reservations[ctl.peer] == ctl {
		delete(s.reservations, ctl.peer)
		s.budget.Release(ctl.peer)
		s.forsakeLocked(ctl.peer)
	}
}

// forsakeLocked ends the circuits that wait for a peer.
func (s *Server) forsakeLocked(peer PeerID) {
	for _, waiting := range s.circuits {
		if waiting.ticket.peer == peer {
			s.decideLocked(waiting, decision{status: PeerGone})
		}
	}
}

// control reads the control lines of a peer, and writes those to it, until its
// connection, its time or the relay ends.
func (s *Server) control(ctl *controlConn, left time.Duration) error {
	ctl.SetDeadline(time.Time{}) // an error shows at the read
	expires := time.Now().Add(left)
	var work sync.WaitGroup
	defer work.Wait()
	defer ctl.end(PeerGone)
	work.Go(func() { s.writeControl(ctl) })

	minute, lines := time.Now(), 0
	for {
		now := time.Now()
		if now.Sub(minute) >= time.Minute {
			minute, lines = now, 0
		}
		if lines++; lines > maxControlLines {
			return s.over(ctl, TooOften)
		}
		quiet := now.Add(silenceTime)
		if expires.Before(quiet) {
			quiet = expires
		}
		ctl.SetReadDeadline(quiet)
		line, err := readLine(ctl.r)
		if err != nil {
			if !time.Now().Before(expires) {
				return s.over(ctl, Expired)
			}
			return err
		}
		switch c, err := parseControl(line); {
		case err != nil:
			s.over(ctl, Malformed)
			return err
		case c.kind == ping:
			s.post(ctl, control{kind: pong})
		case c.kind == renew:
			if expires, err = s.renew(ctl, expires); err != nil {
				return err
			}
		case c.kind == refuse:
			s.refused(ctl, c.circuit)
		}
	}
}

// writeControl writes what is posted. When the reservation ends it says why and closes
// the connection.
func (s *Server) writeControl(ctl *controlConn) {
	defer ctl.Close()
	for {
		var c control
		select {
		case c = <-ctl.outbox:
		case <-ctl.gone:
			c = control{kind: over, status: ctl.status}
		}
		ctl.SetWriteDeadline(time.Now().Add(HandshakeTime))
		if _, err := ctl.Write(c.appendTo(nil)); err != nil || c.kind == over {
			return
		}
	}
}

// over ends a reservation, and counts it as refused.
func (s *Server) over(ctl *controlConn, status Status) error {
	s.mu.Lock()
	s.stats.Refused[status]++
	s.mu.Unlock()
	ctl.end(status)
	return &StatusError{Op: "control", Code: status, Text: status.String()}
}

// post has a line written; a peer that does not read loses its reservation.
func (s *Server) post(ctl *controlConn, c control) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.postLocked(ctl, c)
}

func (s *Server) postLocked(ctl *controlConn, c control) bool {
	select {
	case ctl.outbox <- c:
		return true
	default:
		s.stats.Overruns++
		ctl.end(TooOften)
		return false
	}
}

// renew gives a reservation its full time again.
func (s *Server) renew(ctl *controlConn, expires time.Time) (time.Time, error) {
	friend := s.friend(ctl.peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reservations[ctl.peer] != ctl {
		return expires, &StatusError{Op: "control", Code: Replaced, Text: Replaced.String()}
	}
	now := time.Now()
	renewedTo, status := s.budget.Renew(now, ctl.peer, friend)
	if status != OK {
		return expires, nil // it runs out at the next read
	}
	s.stats.Renewed++
	s.postLocked(ctl, control{kind: renewed, left: renewedTo.Sub(now)})
	return renewedTo, nil
}
