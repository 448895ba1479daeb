package node

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// Errors of groups.
var (
	// ErrNoGroups: this node takes part in none, and cannot. The text says why.
	ErrNoGroups = errors.New("this node cannot take part in groups")
	// ErrNoGroup: it takes part in others, if in any.
	ErrNoGroup = errors.New("no such group here")
	// ErrManyGroups: the name is that of several.
	ErrManyGroups = errors.New("several groups have that name; name it by the beginning of its ID")
)

// groups is the node's part in peer groups: its records on disk, its way to the members,
// and how they are told to reach us.
type groups struct {
	n       *Node
	why     string // why there are none, "" if there may be
	hub     *group.Hub
	packets *packets
	streams *groupStreams
	cards   *cards
	told    map[*group.Group]string // our card, as members were told it last
	kept    []*group.State          // as the node found them; run begins with them
}

// openGroups prepares. Groups begin when the node runs.
func (n *Node) openGroups() {
	g := &groups{n: n, cards: newCards(n.cfg.State, n.log)}
	n.groups = g
	switch {
	case n.lines.ids == nil:
		g.why = "members prove who they are in TLS, which is switched off"
		return
	case n.cfg.FreshID:
		g.why = "members know each other by their IDs, and fresh-id gives the node another at each start"
		return
	}
	where := n.lines.where
	g.cards.where, g.cards.listens = where, n.listens
	n.lines.where = g.cards.source
	g.packets, g.streams = newPackets(n.lines, n.log, &n.upkeep.groups), newGroupStreams(n.lines, &n.upkeep.groups)
	g.hub = group.NewHub(group.Config{
		Self: n.cfg.Identity, Packets: g.packets, Streams: g.streams, Store: n.groupStore(), Witness: happened{&n.events}, Log: n.log,
	})
	g.kept = n.groupStore().load(n.log) // before others begin
}

// run takes part in the groups that are kept, until ctx ends.
func (g *groups) run(ctx context.Context) error {
	if g.hub == nil {
		<-ctx.Done()
		return nil
	}
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		g.hub.SetContact(g.n.ownCard(ctx))
		for _, s := range g.kept {
			if ctx.Err() != nil {
				return
			}
			if _, err := g.enter(g.hub.Open(s)); err != nil && ctx.Err() == nil {
				g.n.log.Warn().Err(err).Str("group", s.ID().String()).Msg("group not taken up")
			}
		}
		tell, learn := time.NewTicker(cardEvery), time.NewTicker(learnEvery)
		defer tell.Stop()
		defer learn.Stop()
		g.tellCard(ctx)
		for ctx.Err() == nil {
			g.cards.learn(g.hub.Groups())
			select {
			case <-tell.C:
				g.tellCard(ctx)
			case <-learn.C:
			case <-ctx.Done():
			}
		}
	})
	return g.hub.Run(ctx)
}

// Groups is the groups that the node takes part in, by name.
func (n *Node) Groups() []*group.Group {
	if n.groups.hub == nil {
		return nil
	}
	list := n.groups.hub.Groups()
	slices.SortFunc(list, func(a, b *group.Group) int {
		return cmp.Or(strings.Compare(a.State().Name(), b.State().Name()), strings.Compare(a.ID().String(), b.ID().String()))
	})
	return list
}

// Group is the group with that name, or whose ID begins so.
func (n *Node) Group(text string) (*group.Group, error) {
	var found *group.Group
	named := 0
	for _, g := range n.Groups() {
		switch {
		case g.ID().String() == strings.ToLower(text):
			return g, nil
		case g.State().Name() == text, len(text) >= minGroupPrefix && strings.HasPrefix(g.ID().String(), strings.ToLower(text)):
			found = g
			named++
		}
	}
	switch named {
	case 1:
		return found, nil
	case 0:
		return nil, fmt.Errorf("node: group %.80q: %w", text, ErrNoGroup)
	}
	return nil, fmt.Errorf("node: group %.80q: %w", text, ErrManyGroups)
}

// ready is the error of a node that cannot take part in groups.
func (g *groups) ready() error {
	if g.hub == nil {
		return fmt.Errorf("node: %w: %s", ErrNoGroups, g.why)
	}
	return nil
}

// fellow reports whether a peer is with us in a group.
func (g *groups) fellow(p identity.PeerID) bool {
	if g.hub == nil {
		return false
	}
	for _, o := range g.hub.Groups() {
		st := o.State()
		_, in := st.Member(p)
		_, own := st.Member(g.n.cfg.Identity.PeerID())
		if in && own && !o.Outcast() {
			return true
		}
	}
	return false
}

// enter begins what members of a group have beside it, if the group began.
func (g *groups) enter(o *group.Group, err error) (*group.Group, error) {
	if err == nil {
		g.n.keepBoard(o)
		_, err = g.n.spaces.Open(o)
	}
	if err == nil {
		if err := g.n.desks.enter(o); err != nil {
			g.n.log.Warn().Err(err).Stringer("group", o.ID()).Msg("nothing is published or followed in a group")
		}
	}
	return o, err
}

// FoundGroup makes a group of which we are the first member and owner.
func (n *Node) FoundGroup(name string) (*group.Group, error) {
	if err := n.groups.ready(); err != nil {
		return nil, err
	}
	s, err := group.Found(n.cfg.Identity, name, rand.Reader, time.Now())
	if err != nil {
		return nil, err
	}
	return n.groups.enter(n.groups.hub.Open(s))
}

// LeaveGroup ends our membership, and forgets the group. The founder can do so when it is
// the only member. The error tells that nobody heard of it, or that what was kept of the
// group is still there.
func (n *Node) LeaveGroup(ctx context.Context, g *group.Group) error {
	st, self := g.State(), n.cfg.Identity.PeerID()
	_, in := st.Member(self)
	founder := st.Founder() == self
	var err error
	switch {
	case founder && len(st.Members()) > 1:
		return fmt.Errorf("node: leave group %s: %w while there are other members", st.Name(), &group.RefusedError{Reason: group.IsFounder})
	case founder || !in || g.Outcast(): // there is nobody to tell
		g.Close()
	default:
		if err = g.Leave(ctx); group.ReasonOf(err) != group.Fine {
			return err
		}
	}
	return errors.Join(err, n.desks.forget(g.ID()), n.spaces.Forget(g.ID()), n.boards.Forget(g.ID()), n.groupStore().forget(g.ID()))
}

// MemberOf is the member of a group that a text names: its ID or petname.
func (n *Node) MemberOf(g *group.Group, text string) (identity.PeerID, error) {
	peer, err := n.FindPeer(text)
	if err != nil {
		return peer, err
	}
	if _, ok := g.State().Member(peer); !ok {
		return peer, fmt.Errorf("node: peer %.80q: %w", text, &group.RefusedError{Reason: group.NotMember})
	}
	return peer, nil
}
