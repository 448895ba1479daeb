package upload

import (
	"context"
	"crypto/rand"
	"net/netip"
	"time"

	"filbert/transfer"
	"filbert/transfer/queue"
)

func newPlaceID() (id queue.ID) {
	rand.Read(id[:]) // never fails
	return id
}

// refusals is what each cause of the queue is as a Reason.
var refusals = map[queue.Why]Reason{
	queue.Full: RefusedSlots, queue.HostFull: RefusedHostSlots, queue.NetworkFull: RefusedNetworkSlots,
	queue.TurnOver: RefusedTurn, queue.LineFull: RefusedLine,
}

// begin takes a slot for an upload, and lists it. It may wait for one for a while. If
// there is none, the notice says what to tell the peer.
func (s *Server) begin(ctx context.Context, u *upload) (queue.Notice, Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	answer := s.queue.Ask(now, queue.Request{Addr: u.Peer.Addr(), Agent: u.Agent, File: u.File, Short: u.Range.Len() <= shortSpan})
	if answer.Held != nil {
		s.held[answer.Held] = make(chan struct{})
	}
	s.advance(now)
	if p := answer.Held; p != nil {
		if s.hold(ctx, p) {
			answer.Granted, answer.Turn = true, p.Turn()
		} else {
			answer.Notice, answer.Why = s.queue.Leave(time.Now(), p)
		}
	}
	if !answer.Granted {
		return answer.Notice, refusals[answer.Why]
	}
	u.turn, u.Since = answer.Turn, time.Now()
	s.uploads[u] = struct{}{}
	return queue.Notice{}, Granted
}

// hold waits until p is granted a slot, which it reports, or its time is over. It
// gives s.mu up meanwhile.
func (s *Server) hold(ctx context.Context, p *queue.Place) bool {
	granted, waits := s.held[p]
	if !waits {
		return true
	}
	end := time.NewTimer(queue.HoldTime)
	defer end.Stop()
	for waits {
		lease := time.NewTimer(queue.HoldTime)
		if next := s.queue.Next(); !next.IsZero() {
			lease.Reset(time.Until(next))
		}
		s.mu.Unlock()
		select {
		case <-granted:
			waits = false
		case <-lease.C:
		case <-end.C:
			waits = false
		case <-ctx.Done():
			waits = false
		case <-s.closing:
			waits = false
		}
		lease.Stop()
		s.mu.Lock()
		s.advance(time.Now())
	}
	_, waits = s.held[p]
	delete(s.held, p)
	return !waits
}

// advance gives the slots that are free to those who wait. s.mu is held.
func (s *Server) advance(now time.Time) {
	for _, p := range s.queue.Advance(now) {
		if granted, ok := s.held[p]; ok {
			close(granted)
			delete(s.held, p)
		}
	}
}

// end gives the slot back, which its host keeps until its next request.
func (s *Server) end(u *upload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	delete(s.uploads, u)
	s.untally(u)
	s.queue.Done(now, u.turn)
	s.advance(now)
}

// gone takes back at once what a host kept that has hung up. It may be back to fetch
// the rest of what it did not get, unless others wait.
func (s *Server) gone(addr netip.Addr, served bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !served && len(s.held) == 0 {
		return
	}
	now := time.Now()
	s.queue.Release(now, addr)
	s.advance(now)
}

// crowded reports whether others wait while an upload goes on, and whether its turn
// is over for that.
func (s *Server) crowded(u *upload) (crowded, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue.Waiting()) > 0, s.queue.Over(time.Now(), u.turn)
}

// SetSlots changes how many uploads there are at a time, at least 1. Those that are too many
// then go on.
func (s *Server) SetSlots(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue.SetSlots(n)
	s.advance(time.Now())
}

// Slots is how many uploads there are at a time.
func (s *Server) Slots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.Slots()
}

// FreeSlots is how many more uploads could begin now.
func (s *Server) FreeSlots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.FreeSlots()
}

// Waiting is a host that waits for an upload.
type Waiting struct {
	Peer     netip.Addr
	Agent    string        // fit for display
	File     transfer.File // that it asked for last
	Position int           // in line, from 1 on
	Since    time.Time
}

// Waiting lists who waits, in order.
func (s *Server) Waiting() []Waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Waiting
	for i, p := range s.queue.Waiting() {
		all = append(all, Waiting{Peer: p.Addr, Agent: p.Agent, File: p.File, Position: i + 1, Since: p.Since})
	}
	return all
}
