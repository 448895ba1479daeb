package overlay

import (
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// guessing is a search of ours that also asks one ultrapeer after another by
// UDP, under a GUID of its own: who had the query over its links would take it
// for a copy.
type guessing struct {
	id    SearchID
	guid  wire.GUID
	query wire.Query
}

// beginGuess begins such a search, where that is wanted.
func (c *Core) beginGuess(now time.Time, id SearchID, q wire.Query) {
	if !c.cfg.GUESS {
		return
	}
	guid := wire.NewGUID(c.rnd)
	if !c.udp.guess.Begin(now, guid) {
		return
	}
	c.udp.guessing = append(c.udp.guessing, guessing{id, guid, q})
	for i := range c.pongs.list {
		if p := &c.pongs.list[i].pong; p.Info().GUESS != 0 {
			c.learnGuess(p.Addr, netip.Addr{})
		}
	}
	for _, n := range c.neighbors {
		if n.peer.Guess.Minor+n.peer.Guess.Major > 0 && n.listen.IsValid() {
			c.learnGuess(n.listen, netip.Addr{})
		}
	}
	for _, a := range c.hosts.Some(now, maxPacked, netip.AddrPort{}) {
		c.learnGuess(a, netip.Addr{})
	}
}

// learnGuess takes a host that may speak GUESS; the zero teller is ourselves.
func (c *Core) learnGuess(a netip.AddrPort, teller netip.Addr) {
	if !c.self.is(a) && c.cfg.Hosts.Acceptable(a, teller) == hostcache.Kept {
		c.udp.guess.Learn(a)
	}
}

// introduced takes a host's word that it answers GUESS queries at an address
// that is known to be its own.
func (c *Core) introduced(now time.Time, a netip.AddrPort) {
	if !c.self.is(a) && c.cfg.Hosts.Acceptable(a, a.Addr()) == hostcache.Kept {
		c.udp.guess.Introduced(now, a)
	}
}

// guessOn sends what the searches by UDP ask next.
func (c *Core) guessOn(now time.Time) {
	c.udp.guessing = slices.DeleteFunc(c.udp.guessing, func(g guessing) bool {
		over := c.closing || !c.searches.runs(g.id)
		if over {
			c.udp.guess.End(g.guid)
		}
		return over
	})
	if !c.cfg.GUESS || c.closing {
		return
	}
	for {
		step, ok := c.udp.guess.Next(now)
		if !ok {
			return
		}
		if step.Query.IsZero() {
			asks := wire.PingInfo{Hosts: true, Wishes: wire.SCPUltrapeers, Key: true}
			if _, open := c.publicUDP(); open && c.info(now).Ultrapeer {
				asks.GUESS, asks.GUESSPort = true, c.self.port // we can be asked as well
			}
			c.askPing(now, step.To, asks, askedGuess)
			continue
		}
		g := c.guessOf(step.Query)
		q := g.query
		q.Ext = wire.EditGGEP(q.Ext, nil,
			ggep.Extension{ID: ggep.SCP, Data: []byte{byte(wire.SCPUltrapeers)}}, ggep.Extension{ID: ggep.QK, Data: step.Key},
			ggep.Extension{ID: ggep.Deflate})
		c.dispatch(now, step.To, c.out.frame(g.guid, 1, &q)) // it gave a key, so it is there
	}
}

// sooner is when the next step by UDP is due, if that is before t.
func (c *Core) sooner(t time.Time) time.Time {
	if due := c.udp.guess.Due(); !due.IsZero() && due.Before(t) {
		return due
	}
	return t
}

// guessOf finds the search by UDP that has a GUID; nil if there is none.
func (c *Core) guessOf(guid wire.GUID) *guessing {
	for i := range c.udp.guessing {
		if c.udp.guessing[i].guid == guid {
			return &c.udp.guessing[i]
		}
	}
	return nil
}

// guessKey takes the pong to a request for a key.
func (c *Core) guessKey(now time.Time, from netip.AddrPort, p *wire.Pong) {
	info := p.Info()
	c.udp.guess.Key(now, from, info.QueryKey)
	c.guessTold(from, info)
}

// guessAck takes a pong that acknowledges a query sent by UDP, or brings a new
// key for the next, and reports whether it is one.
func (c *Core) guessAck(now time.Time, from netip.AddrPort, guid wire.GUID, f wire.Frame) bool {
	if !c.udp.guess.Acked(guid, from) {
		return false
	}
	m, err := wire.Parse(f.Type(), f.Payload())
	p, ok := m.(*wire.Pong)
	if err != nil || !ok {
		c.drop(nil, DropMalformed)
		return true
	}
	info := p.Info()
	if len(info.QueryKey) > 0 {
		c.udp.guess.Key(now, from, info.QueryKey)
	}
	c.guessTold(from, info)
	return true
}

// guessTold learns the hosts that a pong names.
func (c *Core) guessTold(from netip.AddrPort, info wire.HostInfo) {
	for _, h := range info.Hosts[:min(len(info.Hosts), maxPacked)] {
		c.learnGuess(h.Addr, from.Addr())
	}
}
