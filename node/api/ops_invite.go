package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// Invite is what one peer needs to join a group.
type Invite struct {
	Invite  string    `json:"invite" doc:"give it to one peer, over a way that nobody else reads"`
	Role    string    `json:"role" enum:"guest,member,owner"`
	Expires time.Time `json:"expires"`
	Doubt   string    `json:"doubt,omitempty" doc:"why somebody may not reach this node by it, and what to do"`
}

// Invited is an invite as members of a group know it: not its text, which only who made it has.
type Invited struct {
	ID      string    `json:"id" doc:"tells it from the others of the group"`
	Role    string    `json:"role" enum:"guest,member"`
	By      string    `json:"by" doc:"peer ID of who made it"`
	ByName  string    `json:"by_name,omitempty" doc:"petname of that"`
	Made    time.Time `json:"made" doc:"by the clock of who made it"`
	Expires time.Time `json:"expires"`

	Used     string    `json:"used,omitempty" doc:"peer ID of who joined by it; absent: it can still be used"`
	UsedName string    `json:"used_name,omitempty" doc:"petname of that"`
	Joined   time.Time `json:"joined,omitzero" doc:"when, by the clock of who let it in"`
}

func (s *Server) invitedOf(o *group.Opened) Invited {
	name := func(p identity.PeerID) string { return s.cfg.Node.Contact(p).Name }
	out := Invited{
		ID: o.ID(), Role: o.Role.String(), By: o.By.String(), ByName: name(o.By), Made: o.Time.UTC(), Expires: o.Expires.UTC(),
	}
	if o.Used != (identity.PeerID{}) {
		out.Used, out.UsedName, out.Joined = o.Used.String(), name(o.Used), o.Joined.UTC()
	}
	return out
}

func (s *Server) inviteOperations(api huma.API) {
	type invite struct {
		Group string `path:"group" maxLength:"300" doc:"as of GET"`
		Body  struct {
			Role    string  `json:"role,omitempty" enum:"guest,member,owner" doc:"member when absent"`
			Seconds float64 `json:"seconds,omitempty" doc:"until it expires; a day when absent, 30 days at most"`
		}
	}
	huma.Post(api, "/v1/groups/{group}/invites", func(ctx context.Context, in *invite) (*body[Invite], error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		role, life := group.Ordinary, inviteLife
		if in.Body.Role != "" {
			role, _ = group.ParseRole(in.Body.Role) // it was checked
		}
		if in.Body.Seconds != 0 {
			life = time.Duration(in.Body.Seconds * float64(time.Second))
		}
		expires := time.Now().Add(life)
		text, err := s.cfg.Node.InviteTo(ctx, g, role, life)
		if err != nil {
			return nil, groupFailure(err)
		}
		return answer(Invite{
			Invite: text, Role: role.String(), Expires: expires.UTC().Truncate(time.Second), Doubt: s.cfg.Node.InviteDoubt(ctx),
		}), nil
	})
	huma.Get(api, "/v1/groups/{group}/invites", func(_ context.Context, in *groupInput) (*body[[]Invited], error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		out := []Invited{}
		for _, o := range append(g.State().Invites(time.Now()), g.State().Joins()...) {
			out = append(out, s.invitedOf(&o))
		}
		return answer(out), nil
	})
	type revoke struct {
		Group  string `path:"group" maxLength:"300" doc:"as of GET"`
		Invite string `path:"invite" maxLength:"2000" doc:"at least 4 characters of its ID, or its text"`
	}
	huma.Delete(api, "/v1/groups/{group}/invites/{invite}", func(_ context.Context, in *revoke) (*struct{}, error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		o, err := g.State().FindInvite(in.Invite)
		if err == nil {
			err = g.Revoke(o.Record)
		}
		return nil, groupFailure(err)
	})
}
