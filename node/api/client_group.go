package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

func groupPath(group string, rest ...string) string {
	path := "/v1/groups/" + url.PathEscape(group)
	for _, r := range rest {
		path += "/" + url.PathEscape(r)
	}
	return path
}

// Groups lists the groups that the node takes part in.
func (c *Client) Groups(ctx context.Context) ([]Group, error) {
	return call[[]Group](ctx, c, http.MethodGet, "/v1/groups", nil)
}

// Group tells of one group, with its members.
func (c *Client) Group(ctx context.Context, group string) (Group, error) {
	return call[Group](ctx, c, http.MethodGet, groupPath(group), nil)
}

// FoundGroup makes a group.
func (c *Client) FoundGroup(ctx context.Context, name string) (Group, error) {
	return call[Group](ctx, c, http.MethodPost, "/v1/groups", map[string]string{"name": name})
}

// JoinGroup joins a group by an invite.
func (c *Client) JoinGroup(ctx context.Context, invite string) (Group, error) {
	return call[Group](ctx, c, http.MethodPost, "/v1/groups/join", map[string]string{"invite": invite})
}

// Invite makes an invite to a group.
func (c *Client) Invite(ctx context.Context, group, role string, life time.Duration) (Invite, error) {
	return call[Invite](ctx, c, http.MethodPost, groupPath(group, "invites"), map[string]any{"role": role, "seconds": life.Seconds()})
}

// Invites lists the invites to a group that can be used, and then those by which somebody joined.
func (c *Client) Invites(ctx context.Context, group string) ([]Invited, error) {
	return call[[]Invited](ctx, c, http.MethodGet, groupPath(group, "invites"), nil)
}

// Revoke takes an invite back.
func (c *Client) Revoke(ctx context.Context, group, invite string) error {
	return c.do(ctx, http.MethodDelete, groupPath(group, "invites", invite), nil)
}

// LimitGroup changes what members may take of the node: KiB per second, and files at a time.
// What is nil stays.
func (c *Client) LimitGroup(ctx context.Context, group string, up, slots *int64) (GroupLimit, error) {
	change := map[string]int64{}
	if up != nil {
		change["up_kib"] = *up
	}
	if slots != nil {
		change["slots"] = *slots
	}
	return call[GroupLimit](ctx, c, http.MethodPut, groupPath(group, "limit"), change)
}

// RotateGroup gives a group a new key.
func (c *Client) RotateGroup(ctx context.Context, group string) error {
	return c.do(ctx, http.MethodPost, groupPath(group, "rotate"), nil)
}

// LeaveGroup ends the node's membership.
func (c *Client) LeaveGroup(ctx context.Context, group string) error {
	return c.do(ctx, http.MethodDelete, groupPath(group), nil)
}

// SetRole gives a member another role.
func (c *Client) SetRole(ctx context.Context, group, peer, role string) error {
	return c.do(ctx, http.MethodPut, groupPath(group, "members", peer), map[string]string{"role": role})
}

// Expel removes a member.
func (c *Client) Expel(ctx context.Context, group, peer string) error {
	return c.do(ctx, http.MethodDelete, groupPath(group, "members", peer), nil)
}
