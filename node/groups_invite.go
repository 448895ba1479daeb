package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"filbert/nat"
	"filbert/overlay/group"
)

// ErrNotLetIn: nobody whom an invite names was there to let us in. The text says what to do.
var ErrNotLetIn = errors.New("nobody lets you in by this invite")

// What to do when nobody lets us in.
const (
	adviceUnreached = "who made it was not reached: its filbert must run, and be reached as it was when it made the invite; ask for a new invite, made while it runs"
	adviceSilent    = "who made it was reached, and knows nothing of it: ask for a new invite"
	adviceBusy      = "too many join at this time: try again in a minute, by the same invite"
)

// JoinGroup becomes a member by an invite. It asks the peers that this names until one
// admits us.
func (n *Node) JoinGroup(ctx context.Context, invite string) (*group.Group, error) {
	if err := n.groups.ready(); err != nil {
		return nil, err
	}
	i, err := group.ParseInvite(invite)
	if err != nil {
		return nil, err
	}
	n.groups.hub.SetContact(n.ownCard(ctx)) // the first that members hear of us
	g, err := n.groups.hub.Join(ctx, i)
	switch {
	case err == nil:
		for _, a := range i.Ask {
			n.groups.cards.guess(a.Peer, cardOf(a))
		}
	case group.ReasonOf(err) == group.Busy:
		err = fmt.Errorf("node: %w: %s (%w)", ErrNotLetIn, adviceBusy, err)
	case errors.Is(err, group.ErrUnreached):
		err = fmt.Errorf("node: %w: %s (%w)", ErrNotLetIn, adviceUnreached, err)
	case errors.Is(err, group.ErrSilent):
		err = fmt.Errorf("node: %w: %s (%w)", ErrNotLetIn, adviceSilent, err)
	}
	return n.groups.enter(g, err)
}

// InviteTo makes an invite to a group, for one peer, that names us and how we are
// reached, if that is known.
func (n *Node) InviteTo(ctx context.Context, g *group.Group, role group.Role, life time.Duration) (string, error) {
	self, ask := n.reached(ctx), group.Ask{Peer: n.cfg.Identity.PeerID()}
	if self.At.IsValid() {
		ask.Address = self.At.String()
	}
	ask.Via = group.Via{Push: self.Push, IPv6: self.IPv6, Relays: self.Relays, Proxies: self.Proxies}
	i, err := g.Invite(role, life, []group.Ask{ask})
	if err != nil {
		return "", err
	}
	return i.String(), nil
}

// InviteDoubt is why somebody may not reach us by an invite that is made now, "" if that is not
// to be feared.
func (n *Node) InviteDoubt(ctx context.Context) string {
	switch self := n.reached(ctx); {
	case self.Push && len(self.Relays) > 0, n.openness(ctx) == nat.Open:
		return ""
	case self.Push:
		return "nobody can connect to this node, and no relay leads to it: only who can be connected to reaches it, or a neighbor of it; `filbert doctor` says more"
	case !self.leads():
		return "it is not known how others reach this node: only a neighbor of it can join"
	}
	return "it is not known whether others can connect to this node: who does not get in needs another invite, made when `filbert doctor` says how it is reached"
}
