package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/node/contacts"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Group is a peer group that the node takes part in.
type Group struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Role    string   `json:"role" enum:"none,guest,member,owner" doc:"of this node; none: it was expelled, as another member says"`
	Members int      `json:"members"`
	Online  int      `json:"online" doc:"of them, this node included"`
	Keys    int      `json:"keys" doc:"how many keys it had: another at each expulsion and rotation"`
	Unsafe  bool     `json:"unsafe,omitempty" doc:"no key is known to members alone until an owner rotates; nothing is sent"`
	Signed  float64  `json:"signed,omitempty" doc:"of all that this node can sign as an owner, from 0 to 1; above 0.875 it lets nobody in"`
	List    []Member `json:"list,omitempty" doc:"the members, where one group was asked for"`

	Limit *GroupLimit `json:"limit,omitempty" doc:"what members may take of this node; absent: what anybody may"`

	Refused map[string]uint64 `json:"refused,omitempty" doc:"what came and was refused, by reason; likewise"`
}

// Member is a peer in a group.
type Member struct {
	PeerID string    `json:"peer_id"`
	Name   string    `json:"name,omitempty" doc:"petname, given by the user"`
	Role   string    `json:"role" enum:"guest,member,owner"`
	Online bool      `json:"online"`
	Self   bool      `json:"self,omitempty" doc:"it is this node"`
	Since  time.Time `json:"since" doc:"when it was added, by the clock of who added it"`
	By     string    `json:"by" doc:"who added it"`
}

func (s *Server) groupOf(g *group.Group, full bool) Group {
	st := g.State()
	own, _ := st.Member(s.cfg.Node.PeerID())
	out := Group{
		ID: g.ID().String(), Name: transfer.Display(st.Name()), Role: own.Role.String(), Keys: int(st.Epoch()), Unsafe: st.NeedsRotation(),
		Signed: st.Used(s.cfg.Node.PeerID()), Limit: s.groupLimit(g),
	}
	if g.Outcast() {
		out.Role = group.NoRole.String()
	}
	for _, m := range g.Members() {
		out.Members++
		if m.Online {
			out.Online++
		}
		if full {
			out.List = append(out.List, Member{
				PeerID: m.Peer.String(), Name: s.cfg.Node.Contact(m.Peer).Name, Role: m.Role.String(), Online: m.Online,
				Self: m.Peer == s.cfg.Node.PeerID(), Since: m.Since, By: m.By.String(),
			})
		}
	}
	if full {
		for why, n := range g.Refused() {
			if out.Refused == nil {
				out.Refused = map[string]uint64{}
			}
			out.Refused[why.String()] = n
		}
		out.Refused = s.boardRefused(g, out.Refused)
	}
	return out
}

// boardRefused adds what was refused of what came for the board of a group.
func (s *Server) boardRefused(g *group.Group, to map[string]uint64) map[string]uint64 {
	b, err := s.cfg.Node.Board(g)
	if err != nil {
		return to
	}
	for why, n := range b.Refused() {
		if to == nil {
			to = map[string]uint64{}
		}
		to["board: "+why.String()] = n
	}
	return to
}

// groupInput names a group.
type groupInput struct {
	Group string `path:"group" maxLength:"300" doc:"its name, or at least 6 characters of its ID"`
}

// memberInput names a member of one.
type memberInput struct {
	Group string `path:"group" maxLength:"300" doc:"as of GET"`
	Peer  string `path:"peer" maxLength:"300" doc:"peer ID or petname of a member"`
}

func (s *Server) groupOperations(api huma.API) {
	s.inviteOperations(api)
	s.groupMessageOperations(api)
	s.groupLimitOperations(api)
	huma.Get(api, "/v1/groups", func(context.Context, *struct{}) (*body[[]Group], error) {
		out := []Group{}
		for _, g := range s.cfg.Node.Groups() {
			out = append(out, s.groupOf(g, false))
		}
		return answer(out), nil
	})
	huma.Get(api, "/v1/groups/{group}", func(_ context.Context, in *groupInput) (*body[Group], error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		return answer(s.groupOf(g, true)), nil
	})
	type found struct {
		Body struct {
			Name string `json:"name" maxLength:"300" doc:"up to 64 bytes"`
		}
	}
	huma.Post(api, "/v1/groups", func(_ context.Context, in *found) (*body[Group], error) {
		g, err := s.cfg.Node.FoundGroup(in.Body.Name)
		if err != nil {
			return nil, groupFailure(err)
		}
		return answer(s.groupOf(g, true)), nil
	})
	type join struct {
		Body struct {
			Invite string `json:"invite" maxLength:"2000"`
		}
	}
	huma.Post(api, "/v1/groups/join", func(ctx context.Context, in *join) (*body[Group], error) {
		g, err := s.cfg.Node.JoinGroup(ctx, in.Body.Invite)
		if err != nil {
			return nil, groupFailure(err)
		}
		return answer(s.groupOf(g, true)), nil
	})
	huma.Post(api, "/v1/groups/{group}/rotate", func(_ context.Context, in *groupInput) (*struct{}, error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err == nil {
			err = g.Rotate()
		}
		return nil, groupFailure(err)
	})
	huma.Delete(api, "/v1/groups/{group}", func(ctx context.Context, in *groupInput) (*struct{}, error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err == nil {
			err = s.cfg.Node.LeaveGroup(ctx, g)
		}
		return nil, groupFailure(err)
	})
	type setRole struct {
		Group string `path:"group" maxLength:"300" doc:"as of GET"`
		Peer  string `path:"peer" maxLength:"300" doc:"as of DELETE"`
		Body  struct {
			Role string `json:"role" enum:"guest,member,owner"`
		}
	}
	huma.Put(api, "/v1/groups/{group}/members/{peer}", func(_ context.Context, in *setRole) (*struct{}, error) {
		role, _ := group.ParseRole(in.Body.Role) // it was checked
		return nil, s.onMember(memberInput{in.Group, in.Peer}, func(g *group.Group, peer identity.PeerID) error { return g.SetRole(peer, role) })
	})
	huma.Delete(api, "/v1/groups/{group}/members/{peer}", func(_ context.Context, in *memberInput) (*struct{}, error) {
		return nil, s.onMember(*in, (*group.Group).Expel)
	})
}

// onMember does something with a member of a group.
func (s *Server) onMember(in memberInput, do func(*group.Group, identity.PeerID) error) error {
	g, err := s.cfg.Node.Group(in.Group)
	if err != nil {
		return groupFailure(err)
	}
	peer, err := s.cfg.Node.MemberOf(g, in.Peer)
	if err == nil {
		err = do(g, peer)
	}
	return groupFailure(err)
}

// groupFailure says why something is not done in a group.
func groupFailure(err error) error {
	status := 0
	switch why := group.ReasonOf(err); {
	case err == nil:
		return nil
	case errors.Is(err, node.ErrNotLetIn):
		status = http.StatusBadGateway
	case errors.Is(err, node.ErrNoGroup), why == group.NotMember, why == group.UnknownInvite, errors.Is(err, node.ErrNoContact):
		status = http.StatusNotFound
	case errors.Is(err, node.ErrManyGroups), why == group.IsMember:
		status = http.StatusConflict
	case errors.Is(err, node.ErrNoGroups), why == group.NotOwner, why == group.NotBelow, why == group.IsFounder, why == group.Expelled:
		status = http.StatusForbidden
	case errors.Is(err, identity.ErrPeerID), errors.Is(err, contacts.ErrName), why != group.Fine:
		status = http.StatusUnprocessableEntity
	default:
		return failure(err)
	}
	return huma.NewError(status, text(err))
}
