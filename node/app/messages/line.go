package messages

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"filbert/overlay/identity"
)

// session is one line to a peer. Both sides send what they have and answer what comes.
type session struct {
	peer    identity.PeerID
	conn    net.Conn
	answers chan []byte   // frames; at most window
	wake    chan struct{} // there is something to send; it holds one

	mu        sync.Mutex
	unsettled map[uint64]struct{} // sent and not answered, at most window
}

func (s *session) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// mayCall reports whether to open a line to a peer now, and else when to ask again; zero:
// something will happen that wakes the loop.
func (a *App) mayCall(peer identity.PeerID, now time.Time) (start bool, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.calls[peer]
	if c == nil {
		c = new(call)
		a.calls[peer] = c
	}
	switch {
	case c.busy || len(a.sessions[peer]) > 0 || a.dialing >= maxDials:
		return false, at
	case now.Before(c.next):
		return false, c.next
	}
	c.busy = true
	a.dialing++
	return true, at
}

// callTo opens a line to a peer and has it until it ends.
func (a *App) callTo(ctx context.Context, peer identity.PeerID) {
	conn, err := a.open(ctx, peer)
	a.mu.Lock()
	a.dialing--
	c := a.calls[peer]
	if c.why = ""; err != nil {
		c.why = err.Error()
	}
	c.pause = min(max(2*c.pause, firstRetry), lastRetry)
	c.next = time.Now().Add(c.pause)
	a.mu.Unlock()
	a.look()
	if err == nil {
		a.talk(ctx, peer, conn)
	}
	a.mu.Lock()
	if c.busy = false; c.next.IsZero() { // it took what we had
		delete(a.calls, peer)
	}
	a.mu.Unlock()
	a.look()
}

func (a *App) open(ctx context.Context, peer identity.PeerID) (net.Conn, error) {
	a.order.Lock()
	at, err := a.history.Address(peer)
	a.order.Unlock()
	if err != nil {
		a.log.Warn().Err(err).Msg("address of a peer")
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	return a.host.Line(ctx, peer, at, service)
}

// serve is the handler of lines.
func (a *App) serve(ctx context.Context, peer identity.PeerID, conn net.Conn) {
	a.talk(ctx, peer, conn)
}

// talk has a line until it ends.
func (a *App) talk(ctx context.Context, peer identity.PeerID, conn net.Conn) {
	defer conn.Close()
	s := &session{peer: peer, conn: conn, answers: make(chan []byte, window), wake: make(chan struct{}, 1), unsettled: map[uint64]struct{}{}}
	if !a.enter(s) {
		return
	}
	defer a.leave(s)
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var writing sync.WaitGroup
	writing.Go(func() {
		defer conn.Close()
		a.write(ctx, s)
	})
	err := a.read(s)
	cancel()
	conn.Close()
	writing.Wait()
	a.log.Debug().Err(err).Stringer("peer", peer).Msg("line of messages ended")
}

func (a *App) enter(s *session) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.sessions[s.peer]) >= maxSessionsPerPeer {
		return false
	}
	a.sessions[s.peer] = append(a.sessions[s.peer], s)
	return true
}

func (a *App) leave(s *session) {
	a.mu.Lock()
	left := slices.DeleteFunc(a.sessions[s.peer], func(other *session) bool { return other == s })
	if a.sessions[s.peer] = left; len(left) == 0 {
		delete(a.sessions, s.peer)
	} else {
		left[0].nudge()
	}
	gone := len(left) == 0
	a.mu.Unlock()
	if gone {
		a.forgetStream(s.peer)
	}
	a.look()
}

// forgetStream keeps no order in memory of who is away.
func (a *App) forgetStream(peer identity.PeerID) {
	a.order.Lock()
	defer a.order.Unlock()
	delete(a.streams, from(peer))
}

// sends reports whether it is this line on which we send to its peer.
func (a *App) sends(s *session) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sessions[s.peer][0] == s
}

// write sends answers, and what waits for the peer.
func (a *App) write(ctx context.Context, s *session) {
	out := appendHello(nil, a.host.Addr().Port())
	var after uint64
	for {
		if len(out) > 0 {
			s.conn.SetWriteDeadline(time.Now().Add(sendTime)) // an error shows at the write
			if _, err := s.conn.Write(out); err != nil {
				return
			}
			out = out[:0]
		}
		if a.sends(s) {
			var err error
			if out, after, err = a.nextMessages(s, out, after); err != nil {
				a.log.Warn().Err(err).Msg("messages that wait cannot be read")
				return
			}
			if len(out) > 0 {
				continue
			}
		}
		select {
		case out = <-s.answers:
		case <-s.wake:
		case <-ctx.Done():
			return
		}
	}
}

// nextMessages appends what waits for the peer after a sequence, as far as the window allows.
func (a *App) nextMessages(s *session, out []byte, after uint64) ([]byte, uint64, error) {
	s.mu.Lock()
	most := window - len(s.unsettled)
	s.mu.Unlock()
	if most <= 0 {
		return out, after, nil
	}
	a.order.Lock()
	list, err := a.history.Outbox(To(s.peer), after, most)
	a.order.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range list {
		out = appendFrame(out, frameMessage, e.AppendTo(nil))
		s.unsettled[e.Sequence] = struct{}{}
		after = e.Sequence
	}
	return out, after, err
}

var (
	errWindow    = errors.New("more answers wait than messages may be sent")
	errDishonest = errors.New("a message that is none of its peer's to us")
	errNotSent   = errors.New("an answer to what was not sent")
	errFull      = errors.New("the peer has no room")
)

// read takes what comes until the line ends or is quiet.
func (a *App) read(s *session) error {
	r, buf := bufio.NewReader(s.conn), make([]byte, maxMessage)
	for heard := false; ; {
		s.conn.SetReadDeadline(time.Now().Add(idleTime)) // an error shows at the read
		kind, body, err := readFrame(r, buf)
		if err != nil {
			return err
		}
		switch kind {
		case frameHello:
			if !heard { // each is written to the disk
				a.hear(s, binary.BigEndian.Uint16(body))
			}
			heard = true
		case frameMessage:
			sequence, said, honest := a.take(s.peer, body)
			if !honest {
				return errDishonest
			}
			select {
			case s.answers <- appendAnswer(nil, sequence, said):
			default:
				return errWindow
			}
		case frameAnswer:
			if err := a.settle(s, binary.BigEndian.Uint64(body), answer(body[8])); err != nil {
				return err
			}
		}
	}
}

// hear notes where a peer listens, which is tried when it is called. Of strangers nothing
// is noted.
func (a *App) hear(s *session, port uint16) {
	from, ok := s.conn.RemoteAddr().(*net.TCPAddr)
	if !ok || port == 0 {
		return
	}
	a.order.Lock()
	defer a.order.Unlock()
	if room := !a.host.Contact(s.peer).Since.IsZero(); !room {
		if _, mine, _, err := a.history.Counts(To(s.peer)); err != nil || mine == 0 {
			return
		}
	}
	at := netip.AddrPortFrom(from.AddrPort().Addr().Unmap(), port)
	if err := a.history.NoteAddress(s.peer, at, time.Now()); err != nil {
		a.log.Warn().Err(err).Msg("address of a peer")
	}
}

// settle notes what the peer made of a message.
func (a *App) settle(s *session, sequence uint64, said answer) error {
	s.mu.Lock()
	_, sent := s.unsettled[sequence]
	delete(s.unsettled, sequence)
	s.mu.Unlock()
	switch {
	case !sent:
		return errNotSent
	case said == full:
		return errFull
	}
	if err := a.settled(s.peer, sequence, said); err != nil {
		return err
	}
	a.mu.Lock()
	if c := a.calls[s.peer]; c != nil {
		c.pause, c.next = 0, time.Time{}
	}
	a.mu.Unlock()
	s.nudge()
	return nil
}

// settled keeps what a peer made of a message.
func (a *App) settled(peer identity.PeerID, sequence uint64, said answer) error {
	state, why := Sent, ""
	if said != taken {
		state, why = Failed, "the peer does not take it: the clocks differ, or it was too long on its way"
	}
	a.order.Lock()
	err := a.history.Settle(To(peer), a.self(), sequence, state, why)
	var settled []Entry
	if err == nil {
		settled, err = a.history.Entries(To(peer), a.self(), []uint64{sequence})
	}
	a.order.Unlock()
	if err == nil {
		a.publish(settled...)
	}
	return err
}
