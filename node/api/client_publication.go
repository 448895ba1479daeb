package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Publications lists what members of a group publish; of all groups if that is "".
func (c *Client) Publications(ctx context.Context, group string) ([]Publication, error) {
	return call[[]Publication](ctx, c, http.MethodGet, "/v1/publications"+ofGroup("?", group), nil)
}

// WatchPublications calls changed with them now and whenever something changed, until ctx
// ends or the node does.
func (c *Client) WatchPublications(ctx context.Context, group string, changed func([]Publication) error) error {
	return c.stream(ctx, "/v1/publications/events"+ofGroup("?", group), func(event string, data []byte) error {
		if event != "publications" {
			return nil
		}
		var all []Publication
		if err := json.Unmarshal(data, &all); err != nil {
			return err
		}
		return changed(all)
	})
}

// Publish publishes a folder in a group; keep is how many versions are kept, 0 if nobody says.
// Folders that are hardly meant, such as that of the user, have to be forced.
func (c *Client) Publish(ctx context.Context, group, dir, name string, keep int, force bool) (Published, error) {
	in := map[string]any{"dir": dir, "name": name, "force": force}
	if keep != 0 {
		in["keep"] = keep
	}
	return call[Published](ctx, c, http.MethodPost, groupPath(group, "publications"), in)
}

// Follow has the versions of a publication fetched; by and dir may be "".
func (c *Client) Follow(ctx context.Context, group, name, by, dir string) error {
	in := map[string]any{"name": name}
	if by != "" {
		in["by"] = by
	}
	if dir != "" {
		in["dir"] = dir
	}
	return c.do(ctx, http.MethodPost, groupPath(group, "follows"), in)
}

// Unfollow ends that, or one of the node's own publications.
func (c *Client) Unfollow(ctx context.Context, group, name, by string) error {
	path := groupPath(group, "follows", name)
	if by != "" {
		path += "?" + url.Values{"by": {by}}.Encode()
	}
	return c.do(ctx, http.MethodDelete, path, nil)
}
