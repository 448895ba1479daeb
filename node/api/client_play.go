package api

import (
	"context"
	"net/http"
)

// Play begins to fetch a result's number, a URN or a magnet link unless it is
// here, and asks for a URL at which players read it meanwhile.
func (c *Client) Play(ctx context.Context, target string) (Play, error) {
	return call[Play](ctx, c, http.MethodPost, "/v1/play", map[string]string{"target": target})
}

// Playing lists the files that have a URL.
func (c *Client) Playing(ctx context.Context) ([]Play, error) {
	return call[[]Play](ctx, c, http.MethodGet, "/v1/play", nil)
}
