package group

import (
	"net"
	"time"

	"github.com/hashicorp/memberlist"

	"filbert/overlay/identity"
)

// The payload of a gossip envelope:
//
//	0  kind
//	1  the first 8 bytes of the digest of the sender's records
//	9  a datagram of memberlist's, if the kind is swim
const (
	kindSwim = 1 + iota
	kindNews // nothing but the digest

	gossipHeader = 1 + briefLen
)

// mayLocked tells whether something may be sent to a peer.
func (g *Group) mayLocked(p identity.PeerID) Reason {
	switch {
	case g.role(p) == NoRole || g.role(g.self) == NoRole:
		return NotMember
	case g.blind:
		return NoKey
	}
	return Fine
}

// send seals a datagram for a member and sends it.
func (g *Group) send(to identity.PeerID, kind byte, b []byte) error {
	out, err := g.sealFor(to, kind, b)
	if err != nil {
		return err
	}
	return g.hub.cfg.Packets.Send(to, out)
}

func (g *Group) sealFor(to identity.PeerID, kind byte, b []byte) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if why := g.mayLocked(to); why != Fine {
		return nil, refused(why)
	}
	has := g.state.Load().brief()
	payload := append([]byte{kind}, has[:]...)
	return g.gossipOut.Seal(g.keys[0].EpochKey, to, append(payload, b...), time.Now())
}

// ingest takes a datagram that has our tag.
func (g *Group) ingest(b []byte) {
	now := time.Now()
	g.mu.Lock()
	e, why := g.gossipIn.Open(b, g.role, now)
	if why == Fine && !g.budget.packet(e.Sender, now) {
		why = Busy
	}
	if why == Fine {
		why = g.newsLocked(&e, now)
	} else if why == UnknownKey && !g.lost {
		g.lost = true // others may have rotated
		g.poke()
	}
	g.mu.Unlock()
	if why == Fine && e.Payload[0] == kindSwim {
		why = g.hand(&e, now)
	}
	if why != Fine {
		g.refuse(why)
	}
}

// newsLocked notes that a member is there, and if it has other records than we.
func (g *Group) newsLocked(e *Envelope, now time.Time) Reason {
	if m := g.presenceLocked(e.Sender); m != nil {
		m.heard, m.suspected = now, false
	}
	if len(e.Payload) < gossipHeader || e.Payload[0] != kindSwim && e.Payload[0] != kindNews {
		return Malformed
	}
	g.comparedLocked(e.Sender, brief(e.Payload[1:gossipHeader]), e.Time)
	return Fine
}

// comparedLocked notes what records a member had at some time.
func (g *Group) comparedLocked(p identity.PeerID, has brief, at time.Time) {
	if has != g.state.Load().brief() && at.After(g.odd[p]) {
		g.differs = p
		g.poke()
	}
}

// hand gives memberlist its datagram.
func (g *Group) hand(e *Envelope, now time.Time) Reason {
	b := e.Payload[gossipHeader:]
	byes, why := g.ring.Load().packet(b)
	if why != Fine {
		return why
	}
	g.goodbyes(byes, now)
	p := &memberlist.Packet{Buf: b, From: &net.UDPAddr{IP: addressOf(e.Sender), Port: addressPort}, Timestamp: now}
	select {
	case g.packets <- p:
		return Fine
	default:
		return Busy
	}
}

func (g *Group) role(p identity.PeerID) Role {
	m, _ := g.state.Load().Member(p)
	return m.Role
}

// refuse counts what was refused.
func (g *Group) refuse(why Reason) {
	if why < reasons {
		g.refused[why].Add(1)
	}
}
