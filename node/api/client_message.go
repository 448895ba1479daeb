package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

func conversationPath(peer string) string { return "/v1/conversations/" + url.PathEscape(peer) }

// SendMessage writes to a peer.
func (c *Client) SendMessage(ctx context.Context, to, text string) (Message, error) {
	return call[Message](ctx, c, http.MethodPost, "/v1/messages", map[string]string{"to": to, "text": text})
}

// Conversations lists the peers that were written to or wrote, the last one first.
func (c *Client) Conversations(ctx context.Context) ([]Conversation, error) {
	return call[[]Conversation](ctx, c, http.MethodGet, "/v1/conversations", nil)
}

// Messages is the last messages to and from a peer, in order.
func (c *Client) Messages(ctx context.Context, peer string, limit int) ([]Message, error) {
	return call[[]Message](ctx, c, http.MethodGet, conversationPath(peer)+"?limit="+strconv.Itoa(limit), nil)
}

// MarkRead notes that the user saw what a peer wrote so far.
func (c *Client) MarkRead(ctx context.Context, peer string) error {
	return c.do(ctx, http.MethodPost, conversationPath(peer)+"/read", nil)
}

// RemoveMessages forgets the messages to and from a peer.
func (c *Client) RemoveMessages(ctx context.Context, peer string) error {
	return c.do(ctx, http.MethodDelete, conversationPath(peer), nil)
}

// PostMessage writes to the members of a group.
func (c *Client) PostMessage(ctx context.Context, group, text string) (Message, error) {
	return call[Message](ctx, c, http.MethodPost, groupPath(group, "messages"), map[string]string{"text": text})
}

// GroupMessages is the last messages in a group, in order.
func (c *Client) GroupMessages(ctx context.Context, group string, limit int) ([]Message, error) {
	return call[[]Message](ctx, c, http.MethodGet, groupPath(group, "messages")+"?limit="+strconv.Itoa(limit), nil)
}

// MarkGroupRead notes that the user saw what was written in a group so far.
func (c *Client) MarkGroupRead(ctx context.Context, group string) error {
	return c.do(ctx, http.MethodPost, groupPath(group, "messages", "read"), nil)
}

// RemoveGroupMessages forgets the messages in a group.
func (c *Client) RemoveGroupMessages(ctx context.Context, group string) error {
	return c.do(ctx, http.MethodDelete, groupPath(group, "messages"), nil)
}

// WatchMessages calls take with each message that comes, is written or changes its state,
// until ctx ends or the node does.
func (c *Client) WatchMessages(ctx context.Context, take func(Message)) error {
	return c.stream(ctx, "/v1/messages/events", func(event string, data []byte) error {
		if event != "message" {
			return nil
		}
		var m Message
		if err := json.Unmarshal(data, &m); err != nil {
			return err
		}
		take(m)
		return nil
	})
}
