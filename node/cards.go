package node

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"sync"

	"github.com/rs/zerolog"

	"filbert/nat"
	"filbert/node/state"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// stateCards is the bucket of where members of groups were last, by peer ID.
const stateCards = "member addresses"

// card is what a member of a group tells of how it is reached. It is the member's word, for
// members alone, and leads to nobody but who proves to be the member.
type card struct {
	At     netip.AddrPort   `json:"at,omitzero"`
	IPv6   netip.Addr       `json:"ipv6,omitzero"`
	Push   bool             `json:"push,omitempty"` // it cannot be connected to
	Relays []netip.AddrPort `json:"relays,omitempty"`
}

// cards is those of the members of our groups.
type cards struct {
	kept  state.Bucket
	log   zerolog.Logger
	where func(identity.PeerID) transfer.Source // what else is known

	// listens is where a neighbor takes connections.
	listens func(context.Context, identity.PeerID) netip.AddrPort

	mu sync.Mutex
	of map[identity.PeerID][]byte // at most maxCards
}

func newCards(db *state.DB, log zerolog.Logger) *cards {
	c := &cards{kept: db.Bucket(stateCards), log: log, of: map[identity.PeerID][]byte{}}
	err := c.kept.ForEach(func(key string, value []byte) error {
		if peer, err := identity.ParsePeerID(key); err == nil && len(c.of) < maxCards {
			c.of[peer] = value
		}
		return nil
	})
	if err != nil {
		log.Warn().Err(err).Msg("where members of groups were is lost")
	}
	return c
}

// learn takes the cards of members that are there, and forgets those of who is a member no
// more.
func (c *cards) learn(groups []*group.Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	members := map[identity.PeerID]bool{}
	for _, g := range groups {
		for _, m := range g.Members() {
			members[m.Peer] = true
			if len(m.Contact) == 0 || bytes.Equal(m.Contact, c.of[m.Peer]) || len(c.of) >= maxCards && c.of[m.Peer] == nil {
				continue
			}
			c.of[m.Peer] = bytes.Clone(m.Contact)
			if err := c.kept.Put(m.Peer.String(), m.Contact); err != nil {
				c.log.Debug().Err(err).Msg("a member's address was not kept")
			}
		}
	}
	for peer := range c.of {
		if !members[peer] && len(groups) > 0 {
			delete(c.of, peer)
			if err := c.kept.Delete(peer.String()); err != nil {
				c.log.Debug().Err(err).Msg("a former member's address is still kept")
			}
		}
	}
}

// source is where a peer is: by its card, by what else is known, or as our neighbor.
func (c *cards) source(peer identity.PeerID) transfer.Source {
	c.mu.Lock()
	text := c.of[peer]
	c.mu.Unlock()
	src := c.where(peer)
	if told, ok := parseCard(text); ok {
		src.Addr, src.IPv6, src.Push, src.Relays = told.At, told.IPv6, told.Push, told.Relays
	} else if !src.Addr.IsValid() && !src.IPv6.IsValid() && len(src.Proxies)+len(src.Relays) == 0 {
		ctx, cancel := context.WithTimeout(context.Background(), lineTimeout)
		defer cancel()
		src.Addr = c.listens(ctx, peer)
	}
	return src
}

// parseCard reads a card, in which only some relays are taken.
func parseCard(text []byte) (c card, ok bool) {
	if len(text) == 0 || len(text) > maxCard || json.Unmarshal(text, &c) != nil {
		return card{}, false
	}
	c.Relays = slices.DeleteFunc(c.Relays[:min(len(c.Relays), maxAskedRelays)], func(a netip.AddrPort) bool { return !a.IsValid() })
	return c, c.At.IsValid() || len(c.Relays) > 0
}

// tellCard tells members how we are reached, if that has changed.
func (g *groups) tellCard(ctx context.Context) {
	text := g.n.ownCard(ctx)
	told := map[*group.Group]string{}
	for _, o := range g.hub.Groups() {
		if told[o] = string(text); g.told[o] == string(text) {
			continue
		}
		if err := o.SetContact(text); err != nil {
			g.n.log.Debug().Err(err).Msg("members were not told where we are")
		}
	}
	g.told = told
}

// ownCard is how we are reached.
func (n *Node) ownCard(ctx context.Context) []byte {
	c := card{At: n.reachedAt(ctx), Push: n.openness(ctx) == nat.Closed}
	if c.Push {
		c.Relays = n.relays.reservations()
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil
	}
	return text
}
