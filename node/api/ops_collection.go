package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
)

// Collected is how far the collection of a shared folder is.
type Collected struct {
	Files   int            `json:"files" doc:"in it"`
	Waiting int            `json:"waiting" doc:"files that are not hashed yet"`
	Size    int64          `json:"size" doc:"bytes of all files"`
	Hashed  int64          `json:"hashed" doc:"bytes of those that are hashed"`
	Skipped map[string]int `json:"skipped" doc:"files and folders left out, by reason"`
	Unread  int            `json:"unread,omitempty" doc:"files and folders that could not be read"`
	Magnet  *Magnet        `json:"link,omitempty" doc:"of the collection, once others can fetch it"`
}

func (s *Server) collectionOperations(api huma.API) {
	type collect struct {
		Body struct {
			Dir  string `json:"dir" maxLength:"4096" doc:"absolute path of a folder that is shared with everybody, or of one in it"`
			Name string `json:"name,omitempty" maxLength:"300" doc:"of the collection; that of the folder when absent"`
		}
	}
	huma.Register(api, huma.Operation{
		OperationID: "collect", Method: http.MethodPost, Path: "/v1/collections",
		Summary:     "Make a collection of a shared folder, and share it",
		Description: "To be asked again until there is a link: files are hashed first, then the collection is. Of a folder that did not change it is the same one.",
	}, func(ctx context.Context, in *collect) (*body[Collected], error) {
		c, err := s.cfg.Node.Collect(ctx, in.Body.Dir, in.Body.Name)
		if err != nil {
			return nil, collectFailure(err)
		}
		out := Collected{
			Files: len(c.Files) + c.Waiting, Waiting: c.Waiting, Size: c.Size, Hashed: c.Hashed, Skipped: skipped(c.Skipped), Unread: c.Unread,
		}
		if c.Ready {
			m := magnetOf(c.Link)
			out.Magnet = &m
		}
		return answer(out), nil
	})
}

// collectFailure turns an error of collecting into one of HTTP.
func collectFailure(err error) error {
	switch {
	case errors.Is(err, node.ErrNoneShared), errors.Is(err, node.ErrNotFolder), errors.Is(err, node.ErrLongCollection), errors.Is(err, node.ErrRelative):
		return huma.Error422UnprocessableEntity(text(err))
	case errors.Is(err, node.ErrNoCollections):
		return huma.NewError(http.StatusServiceUnavailable, text(err))
	}
	return shareFailure(err)
}
