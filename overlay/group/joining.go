package group

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"
)

// Errors of Join, besides what an owner says.
var (
	// ErrUnreached: there is no connection with the peer.
	ErrUnreached = errors.New("the peer was not reached")
	// ErrSilent: the peer was reached and says nothing, as to who is none of its groups.
	ErrSilent = errors.New("the peer says nothing")
)

// Join asks the owners of an invite to become a member, and opens the group. It asks again as
// long as they have too much to do, and for a while if nobody answers: many who join at once
// come after one another, and a relay takes only so many.
func (h *Hub) Join(ctx context.Context, i Invite) (*Group, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	heard := time.Now()
	for wait := joinPause; ; wait = min(2*wait, joinPauses) {
		s, err := h.askAll(ctx, i)
		if err == nil {
			return h.Open(s)
		}
		switch why := ReasonOf(err); {
		case why == Busy:
			heard = time.Now()
		case why != Fine, time.Since(heard) >= joinSilence:
			return nil, err
		}
		if !pause(ctx, wait/2+rand.N(wait)) {
			return nil, err
		}
	}
}

// askAll asks one owner after the other. Of those who do not let us in, one that has too much to
// do counts more than one that says nothing.
func (h *Hub) askAll(ctx context.Context, i Invite) (*State, error) {
	failed := fmt.Errorf("group: join: %w: the invite names nobody to ask", refused(Malformed))
	for n, a := range i.Ask {
		s, err := h.ask(ctx, i, a)
		if err == nil {
			return s, nil
		}
		if why := ReasonOf(err); why != Fine && why != Busy && why != NotOwner {
			return nil, err // the others would say the same
		}
		if n == 0 || ReasonOf(failed) != Busy {
			failed = err
		}
	}
	return nil, failed
}

// ask becomes a member by one owner.
func (h *Hub) ask(ctx context.Context, i Invite, a Ask) (*State, error) {
	var s *State
	take := func(records []*Record) (*State, int, error) {
		if s == nil {
			if len(records) == 0 || ID(records[0].hash) != i.Group {
				return nil, 0, refused(OtherGroup)
			}
			var err error
			if s, err = Open(records[0]); err != nil {
				return nil, 0, err
			}
		}
		n, _ := s.Merge(records...)
		return s, n, nil
	}
	hi := &hello{purpose: forJoin, group: i.Group, join: NewJoinRequest(h.cfg.Self, i, a.Peer)}
	for { // the first exchange makes us a member, the others bring what it had no room for
		c, err := h.dial(ctx, joinDial, a, hi)
		if ReasonOf(err) == Busy && s != nil && pause(ctx, time.Second) {
			continue // a large state comes at its rate
		}
		if err != nil {
			return nil, fmt.Errorf("group: join: %w", err)
		}
		got, err := h.exchange(ctx, c, s, take)
		if err != nil {
			return nil, fmt.Errorf("group: join: %w", err)
		}
		if _, ok := s.Member(h.cfg.Self.PeerID()); ok {
			return s, nil
		}
		if got == 0 {
			return nil, fmt.Errorf("group: join: %w", refused(NotMember))
		}
		hi = &hello{purpose: forSync, group: i.Group}
	}
}

func (h *Hub) exchange(ctx context.Context, c net.Conn, s *State, take func([]*Record) (*State, int, error)) (int, error) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(syncTime)); err != nil {
		return 0, fmt.Errorf("group: exchange: %w", err)
	}
	o, err := exchangeDialing(c, s, take)
	return o.got, err
}
