package group

import (
	"errors"
	"net"
	"time"
)

// welcome lets in who calls, or tells why not, or says nothing.
func (g *Group) welcome(c net.Conn, hi *hello) {
	var why Reason
	var free func()
	s := g.state.Load()
	switch {
	case hi.purpose == forJoin:
		why, free = g.admit(hi)
	case hi.purpose != forGossip && hi.purpose != forSync:
		why = Malformed
	case g.role(hi.dialer) == NoRole:
		if why = s.Gone(hi.dialer); why == Fine {
			why = UnknownInvite
		}
	default:
		why, free = g.place(hi)
	}
	if why != Fine {
		g.refuse(why)
	}
	if why == UnknownInvite || why == Malformed { // a stranger
		c.Close()
		return
	}
	hi.found = s.brief()
	err := hi.answer(c, g.hub.cfg.Self, why)
	if why != Fine || err != nil {
		c.Close()
		g.release(free)
		return
	}
	if hi.purpose == forGossip {
		g.pass(c, free)
		return
	}
	defer g.release(free)
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(syncTime)); err != nil {
		return
	}
	if err := exchangeAccepting(c, g.state.Load(), g.takeFrom(hi.dialer)); err != nil {
		if why := ReasonOf(err); why != Fine {
			g.refuse(why)
		}
		g.log.Debug().Err(err).Stringer("peer", hi.dialer).Msg("records were not exchanged")
	}
}

// place charges a stream of a member.
func (g *Group) place(hi *hello) (Reason, func()) {
	charge := syncCharge
	g.mu.Lock()
	defer g.mu.Unlock()
	if hi.purpose == forGossip {
		charge = gossipCharge
		if g.blind {
			return NoKey, nil
		}
	}
	now := time.Now()
	if hi.purpose == forSync && now.Before(g.odd[hi.dialer]) || !g.budget.open(hi.dialer, charge, now) {
		return Busy, nil
	}
	g.metLocked(hi.dialer, hi.has, hi.purpose)
	return Fine, func() { g.budget.close(hi.dialer, charge) }
}

// release gives back what place charged.
func (g *Group) release(free func()) {
	if free != nil {
		g.mu.Lock()
		free()
		g.mu.Unlock()
	}
}

// admit makes who asks a member, if its invite is good.
func (g *Group) admit(hi *hello) (Reason, func()) {
	if !g.state.Load().offered(hi.join) { // before anything is spent on it
		return UnknownInvite, nil
	}
	g.mu.Lock()
	passes := g.joins.take(time.Now(), streamRate, streamBurst) && g.budget.hold(syncCharge)
	g.mu.Unlock()
	if !passes {
		return Busy, nil
	}
	free := func() { g.budget.held -= syncCharge }
	err := g.change(func(s *State, now time.Time) error {
		_, err := s.Admit(g.hub.cfg.Self, hi.join, now)
		return err
	})
	why := ReasonOf(err)
	switch {
	case err == nil || why == IsMember:
		return Fine, free
	case why == Fine: // the disk, say: it may ask another
		g.log.Warn().Err(err).Msg("nobody can be added")
		why = Busy
	}
	g.release(free)
	return why, nil
}

// pass gives a stream to memberlist.
func (g *Group) pass(c net.Conn, free func()) {
	in, err := g.watch(&inspected{Conn: c, g: g, label: true, free: free})
	if err != nil {
		if !errors.Is(err, net.ErrClosed) {
			g.log.Debug().Err(err).Msg("a stream was not closed well")
		}
		return
	}
	select {
	case g.streams <- in:
	case <-g.ctx.Done():
		in.Close()
	}
}
