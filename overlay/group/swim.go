package group

import (
	"fmt"
	"log"
	"time"

	"github.com/hashicorp/memberlist"

	"filbert/overlay/identity"
)

// swimConfig is how memberlist runs in a group.
//
// A member that dies is found by the next probe of any other (in a group of three within
// three intervals), is suspected when that fails, one interval later, and is called dead when
// three intervals more bring no word of it: 4.2 s at most in a small group, 7 s in one of
// 1,000. A probe also goes by a stream and over three others before it fails.
func swimConfig(g *Group, keyring *memberlist.Keyring) *memberlist.Config {
	c := memberlist.DefaultLANConfig()
	c.Name = g.self.String()
	c.Label = g.id.String()
	c.Keyring = keyring
	c.Transport = transport{g}
	c.Delegate, c.Events, c.Alive = delegate{g}, delegate{g}, delegate{g}
	c.LogOutput, c.Logger = nil, log.New(logLines{g}, "", 0)
	c.ProtocolVersion = memberlist.ProtocolVersionMax
	c.RequireNodeNames = true
	c.AdvertiseAddr, c.AdvertisePort, c.BindPort = addressOf(g.self).String(), addressPort, addressPort

	c.ProbeInterval = 600 * time.Millisecond
	c.ProbeTimeout = 300 * time.Millisecond // a path over a relay on another continent
	c.SuspicionMult = 3
	c.SuspicionMaxTimeoutMult = 1 // who is suspected does not wait longer for want of witnesses
	c.AwarenessMaxMultiplier = 4
	c.PushPullInterval = 30 * time.Second
	c.TCPTimeout = helloTime
	c.GossipToTheDeadTime = 30 * time.Second
	c.UDPBufferSize = maxDatagram - Overhead - gossipHeader - swimChecksum
	c.HandoffQueueDepth = packetQueue
	c.EnableCompression = false // it would not be let in
	return c
}

// delegate hears from memberlist, which holds its own locks then: nothing here may call it.
type delegate struct{ g *Group }

// NodeMeta is our contact.
func (d delegate) NodeMeta(int) []byte { return *d.g.contact.Load() }

// NotifyMsg, GetBroadcasts, LocalState and MergeRemoteState are not used: records have their
// own streams.
func (delegate) NotifyMsg([]byte)                {}
func (delegate) GetBroadcasts(int, int) [][]byte { return nil }
func (delegate) LocalState(bool) []byte          { return nil }
func (delegate) MergeRemoteState([]byte, bool)   {}

// NotifyAlive refuses whoever is no member.
func (d delegate) NotifyAlive(n *memberlist.Node) error {
	p, err := identity.ParsePeerID(n.Name)
	if err != nil {
		return fmt.Errorf("group: a node: %w", err)
	}
	if _, ok := d.g.state.Load().Member(p); !ok {
		return refused(NotMember)
	}
	if !n.Addr.Equal(addressOf(p)) || n.Port != addressPort || len(n.Meta) > maxMeta {
		return refused(Malformed)
	}
	return nil
}

// NotifyJoin, NotifyUpdate and NotifyLeave keep who is there.
func (d delegate) NotifyJoin(n *memberlist.Node)   { d.g.there(n, true) }
func (d delegate) NotifyUpdate(n *memberlist.Node) { d.g.there(n, true) }
func (d delegate) NotifyLeave(n *memberlist.Node)  { d.g.there(n, false) }

// presence is what is known of a member on the network.
type presence struct {
	alive     bool
	suspected bool      // a probe failed, and it did not speak to us since
	bye       time.Time // when it, or somebody for it, last said that it goes
	dead      time.Time // when it was last called dead
	heard     time.Time // when it last spoke to us itself
	tried     time.Time // when we last dialed it to see whether it is back
	contact   []byte
}

// online tells whether a member is there. Who speaks to us is, whatever others say: a traitor
// can have a member called dead again and again, by a number that it cannot exceed.
func (p *presence) online(now time.Time) bool {
	silent := now.Sub(p.heard)
	return p.alive || silent < heardLately || silent < heardTime && p.heard.Sub(p.dead) > heardAfter
}

func (g *Group) there(n *memberlist.Node, alive bool) {
	p, err := identity.ParsePeerID(n.Name)
	if err != nil || p == g.self {
		return
	}
	g.mu.Lock()
	m := g.presenceLocked(p)
	if m == nil {
		g.mu.Unlock()
		return
	}
	was, bye := m.alive, m.bye
	m.alive, m.suspected = alive, false
	if alive {
		m.contact = append([]byte(nil), n.Meta...)
	} else {
		m.dead = time.Now()
	}
	g.mu.Unlock()
	g.came(p, was, alive, bye)
}

// presenceLocked is the place of a member, or nil if it is none.
func (g *Group) presenceLocked(p identity.PeerID) *presence {
	if _, ok := g.state.Load().Member(p); !ok {
		return nil
	}
	m := g.present[p]
	if m == nil {
		m = new(presence)
		g.present[p] = m
	}
	return m
}
