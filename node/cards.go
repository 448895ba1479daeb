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
	At      netip.AddrPort   `json:"at,omitzero"`
	IPv6    netip.Addr       `json:"ipv6,omitzero"`
	Push    bool             `json:"push,omitempty"` // it cannot be connected to
	Relays  []netip.AddrPort `json:"relays,omitempty"`
	Proxies []netip.AddrPort `json:"proxies,omitempty"`
	Words   uint8            `json:"words,omitempty"` // a bit for each proxy that passes on words about a path, the first is 1
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

// guess notes how a peer is reached by somebody's word, until it tells us itself.
func (c *cards) guess(peer identity.PeerID, said card) {
	text, err := json.Marshal(said)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.of[peer] == nil && len(c.of) < maxCards && said.leads() {
		c.of[peer] = text
	}
}

// source is where a peer is: by its card, by what else is known, or as our neighbor.
func (c *cards) source(peer identity.PeerID) transfer.Source {
	c.mu.Lock()
	text := c.of[peer]
	c.mu.Unlock()
	src := c.where(peer)
	if told, ok := parseCard(text); ok {
		told.tell(&src)
	} else if !src.Addr.IsValid() && !src.IPv6.IsValid() && len(src.Proxies)+len(src.Relays) == 0 {
		ctx, cancel := context.WithTimeout(context.Background(), lineTimeout)
		defer cancel()
		src.Addr = c.listens(ctx, peer)
	}
	return src
}

// tell puts a card in the place of what else is known of a peer.
func (c *card) tell(src *transfer.Source) {
	src.Addr, src.IPv6, src.Push, src.Relays, src.Proxies = c.At, c.IPv6, c.Push, c.Relays, c.Proxies
	src.PunchProxies = nil
	for i, at := range c.Proxies {
		if c.Words&(1<<i) != 0 {
			src.PunchProxies = append(src.PunchProxies, at)
		}
	}
}

// leads reports whether a card tells a way to its peer.
func (c *card) leads() bool { return c.At.IsValid() || len(c.Relays)+len(c.Proxies) > 0 }

// parseCard reads a card, in which only some relays and push proxies are taken.
func parseCard(text []byte) (c card, ok bool) {
	if len(text) == 0 || len(text) > maxCard || json.Unmarshal(text, &c) != nil {
		return card{}, false
	}
	c.Relays, c.Proxies = usable(c.Relays, maxAskedRelays), usable(c.Proxies, maxAskedProxies)
	return c, c.leads()
}

// usable is those of the first addresses that are some.
func usable(at []netip.AddrPort, most int) []netip.AddrPort {
	return slices.DeleteFunc(at[:min(len(at), most)], func(a netip.AddrPort) bool { return !a.IsValid() })
}

// tellCard tells members how we are reached, if that has changed.
func (g *groups) tellCard(ctx context.Context) {
	text := g.n.ownCard(ctx)
	g.hub.SetContact(text)
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

// ownCard is how we are reached, as members are told it.
func (n *Node) ownCard(ctx context.Context) []byte {
	text, err := json.Marshal(n.reached(ctx))
	if err != nil {
		return nil
	}
	return text
}

// reached is how we are reached.
func (n *Node) reached(ctx context.Context) card {
	c := card{At: n.reachedAt(ctx), Push: n.openness(ctx) == nat.Closed}
	if s, err := n.overlay.Status(ctx); err == nil {
		if s.IPv6 != c.At.Addr() {
			c.IPv6 = s.IPv6
		}
		for i := range s.Neighbors {
			if at := s.Neighbors[i].Proxy; c.Push && at.IsValid() && len(c.Proxies) < maxAskedProxies {
				if s.Neighbors[i].Words {
					c.Words |= 1 << len(c.Proxies)
				}
				c.Proxies = append(c.Proxies, at)
			}
		}
	}
	if c.Push {
		c.Relays = n.relays.reservations()
	}
	return c
}
