package api

import (
	"context"
	"net/http"
	"net/url"
)

// Magnet asks for a link that names a file: the number of a result, a URN, or
// the absolute path of a file that is shared or was fetched.
func (c *Client) Magnet(ctx context.Context, target string) (Magnet, error) {
	return call[Magnet](ctx, c, http.MethodGet, "/v1/magnet?target="+url.QueryEscape(target), nil)
}
