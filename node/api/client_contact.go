package api

import (
	"context"
	"net/http"
	"net/url"
)

// Identity asks who the node is; with is a peer to make a safety number with, "" for none.
func (c *Client) Identity(ctx context.Context, with string) (Identity, error) {
	path := "/v1/id"
	if with != "" {
		path += "?" + url.Values{"with": {with}}.Encode()
	}
	return call[Identity](ctx, c, http.MethodGet, path, nil)
}

// Contacts lists the peers in the user's book.
func (c *Client) Contacts(ctx context.Context) ([]Contact, error) {
	return call[[]Contact](ctx, c, http.MethodGet, "/v1/contacts", nil)
}

// SetContact changes what the book has of a peer, or adds it.
func (c *Client) SetContact(ctx context.Context, peer string, change ContactChange) (Contact, error) {
	return call[Contact](ctx, c, http.MethodPut, "/v1/contacts/"+url.PathEscape(peer), change)
}

// ForgetContact takes a peer out of the book.
func (c *Client) ForgetContact(ctx context.Context, peer string) error {
	return c.do(ctx, http.MethodDelete, "/v1/contacts/"+url.PathEscape(peer), nil)
}
