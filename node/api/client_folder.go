package api

import (
	"context"
	"net/http"
	"net/url"
)

// FolderRequest says what to fetch as one folder: a collection, targets, or both; or the
// link of a collection that the node has.
type FolderRequest struct {
	Name       string   `json:"name,omitempty"`
	Collection string   `json:"collection,omitempty"`
	Link       string   `json:"link,omitempty"`
	Targets    []string `json:"targets,omitempty"`
}

// GetFolder begins to fetch files as one folder.
func (c *Client) GetFolder(ctx context.Context, r FolderRequest) (Folder, error) {
	return call[Folder](ctx, c, http.MethodPost, "/v1/folders", r)
}

// Folders lists the folders that are fetched, without their files.
func (c *Client) Folders(ctx context.Context) ([]Folder, error) {
	return call[[]Folder](ctx, c, http.MethodGet, "/v1/folders", nil)
}

// Folder asks for one of them, with its files.
func (c *Client) Folder(ctx context.Context, name string) (Folder, error) {
	return call[Folder](ctx, c, http.MethodGet, "/v1/folders/"+url.PathEscape(name), nil)
}

// CancelFolder ends the downloads of a folder and forgets it.
func (c *Client) CancelFolder(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/v1/folders/"+url.PathEscape(name), nil)
}

// Collect has a collection made of a folder that is shared with everybody; name may be "".
// It is to be called until there is a link.
func (c *Client) Collect(ctx context.Context, dir, name string) (Collected, error) {
	return call[Collected](ctx, c, http.MethodPost, "/v1/collections", map[string]any{"dir": dir, "name": name})
}
