package group

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"filbert/overlay/identity"
)

// loop looks every tick, and when it is woken, at what is to be done.
func (g *Group) loop() {
	t := time.NewTimer(tickTime)
	defer t.Stop()
	for {
		select {
		case <-g.ctx.Done():
			return
		case <-g.wake:
		case <-t.C:
			t.Reset(tickTime)
		}
		now := time.Now()
		g.rotateIfDue(now)
		do := g.plan(now)
		for _, p := range do.tell {
			if err := g.send(p, kindNews, nil); err != nil {
				g.log.Debug().Err(err).Msg("a member was not told")
			}
		}
		if do.exchange != (identity.PeerID{}) {
			g.wg.Go(func() { g.exchangeWith(do.exchange) })
		}
		for _, p := range do.dial {
			g.wg.Go(func() { g.rejoin(p) })
		}
	}
}

// plan is what is to be done now.
type plan struct {
	tell     []identity.PeerID // members who hear that we have something
	exchange identity.PeerID   // a member with whom records are exchanged
	dial     []identity.PeerID // members that are away, and may be there again
}

// fanOut is how many members hear of news from each who has it: with three, six rounds reach
// a thousand.
const fanOut = 3

func (g *Group) plan(now time.Time) plan {
	s := g.state.Load()
	_, in := s.Member(g.self)
	members := s.Members()
	rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.ContainsFunc(g.keys[min(1, len(g.keys)):], func(k heldKey) bool { return !now.Before(k.until) }) {
		g.holdLocked(now)
	}
	var do plan
	if !in {
		return do
	}
	var online, away []identity.PeerID // as memberlist has it
	for _, m := range members {
		switch p := g.present[m.Peer]; {
		case m.Peer == g.self:
		case p != nil && p.alive:
			online = append(online, m.Peer)
		default:
			away = append(away, m.Peer)
		}
	}
	if g.news && !g.blind {
		g.news = false
		do.tell = online[:min(len(online), fanOut)]
	}
	if !g.exchanging {
		do.exchange = g.partnerLocked(s, now, online, away)
		g.exchanging = do.exchange != identity.PeerID{}
	}
	if !g.blind {
		do.dial = g.awayLocked(now, len(online), away)
	}
	return do
}

// awayLocked is who is dialed to see whether it is there, those who were not for the longest
// time: one now and then, and several at once as long as we see nobody.
func (g *Group) awayLocked(now time.Time, online int, away []identity.PeerID) []identity.PeerID {
	most, every := 1, rejoinPause
	if online == 0 {
		most, every = dialsAlone, tickTime
	}
	if now.Sub(g.dialed) < every {
		return nil
	}
	tried := func(p identity.PeerID) time.Time {
		if m := g.presenceLocked(p); m != nil {
			return m.tried
		}
		return now
	}
	slices.SortStableFunc(away, func(a, b identity.PeerID) int { return tried(a).Compare(tried(b)) })
	away = away[:max(0, min(len(away), most-g.dialing))]
	for _, p := range away {
		if m := g.presenceLocked(p); m != nil {
			m.tried = now
		}
	}
	g.dialing += len(away)
	g.dialed = now
	return away
}

// partnerLocked is with whom records are exchanged now, if with anybody: with who is known to
// have others, or with anybody, owners first, if we lack a key.
func (g *Group) partnerLocked(s *State, now time.Time, online, away []identity.PeerID) identity.PeerID {
	since := now.Sub(g.exchanged)
	if p := g.differs; p != (identity.PeerID{}) && since >= syncPause {
		g.differs = identity.PeerID{}
		if g.role(p) != NoRole {
			g.exchanged = now
			return p
		}
	}
	if !(g.blind || g.lost) || since < blindPause {
		return identity.PeerID{}
	}
	g.exchanged, g.lost = now, false
	all := append(slices.Clone(online), away...)
	owners := slices.DeleteFunc(slices.Clone(all), func(p identity.PeerID) bool { m, _ := s.Member(p); return m.Role != Owner })
	switch {
	case len(owners) > 0 && rand.IntN(2) == 0:
		return owners[rand.IntN(len(owners))]
	case len(all) > 0:
		return all[rand.IntN(len(all))]
	}
	return identity.PeerID{}
}

// exchangeWith brings our records in step with a member's.
func (g *Group) exchangeWith(p identity.PeerID) {
	o, err := g.exchange(g.ctx, p)
	if err != nil {
		g.log.Debug().Err(err).Stringer("peer", p).Msg("records were not exchanged")
	}
	g.mu.Lock()
	g.exchanging = false
	if err == nil && o.futile() {
		g.oddLocked(p)
	}
	g.mu.Unlock()
	g.poke()
}

// oddLocked leaves a member alone for a while.
func (g *Group) oddLocked(p identity.PeerID) {
	for q := range g.odd {
		if g.role(q) == NoRole {
			delete(g.odd, q)
		}
	}
	if g.role(p) != NoRole {
		g.odd[p] = time.Now().Add(oddTime)
	}
}

// exchange is one with a member.
func (g *Group) exchange(ctx context.Context, p identity.PeerID) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, syncTime)
	defer cancel()
	c, err := g.dial(ctx, p, forSync)
	if err != nil {
		return outcome{}, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	return exchangeDialing(c, g.state.Load(), g.takeFrom(p))
}

func (g *Group) dial(ctx context.Context, p identity.PeerID, why purpose) (net.Conn, error) {
	hi := &hello{purpose: why, group: g.id, has: g.state.Load().brief()}
	c, err := g.hub.dial(ctx, helloTime, Ask{Peer: p}, hi)
	if err == nil || ReasonOf(err) == Expelled {
		g.outcast.Store(err != nil)
	}
	if err != nil {
		return nil, err
	}
	if g.role(p) == NoRole { // it was expelled while we waited for it
		c.Close()
		return nil, refused(NotMember)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.metLocked(p, hi.found, why)
	return c, nil
}

// metLocked notes what a stream with a member told.
func (g *Group) metLocked(p identity.PeerID, has brief, why purpose) {
	now := time.Now()
	if m := g.presenceLocked(p); m != nil {
		m.heard = now
	}
	if why == forGossip {
		g.comparedLocked(p, has, now)
	}
}

// rejoin tries whether a member that is away is there again.
func (g *Group) rejoin(p identity.PeerID) {
	if _, err := g.swim.Join([]string{p.String() + "/[" + addressOf(p).String() + "]:1"}); err != nil {
		g.log.Trace().Err(err).Stringer("peer", p).Msg("still away")
	}
	g.mu.Lock()
	g.dialing--
	g.mu.Unlock()
}

// rotateIfDue gives the group a new key if it needs one and nobody else did: owners wait for
// those before them.
func (g *Group) rotateIfDue(now time.Time) {
	s := g.state.Load()
	if m, _ := s.Member(g.self); m.Role != Owner || !s.NeedsRotation() {
		g.mu.Lock()
		g.stale = time.Time{}
		g.mu.Unlock()
		return
	}
	rank := 1
	for _, m := range s.Members() {
		if m.Peer == g.self {
			break
		}
		if m.Role == Owner {
			rank++
		}
	}
	g.mu.Lock()
	if g.stale.IsZero() {
		g.stale = now
	}
	due := now.Sub(g.stale) >= time.Duration(rank)*rotatePause && now.Sub(g.rotated) >= rotateAgain
	if due {
		g.rotated = now
	}
	g.mu.Unlock()
	if !due {
		return
	}
	if err := g.Rotate(); err != nil {
		g.log.Warn().Err(err).Msg("the key was not replaced")
	}
}
