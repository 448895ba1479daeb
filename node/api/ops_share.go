package api

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"path/filepath"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node/space"
	"filbert/transfer/library"
)

func (s *Server) shareOperations(api huma.API) {
	huma.Get(api, "/v1/shares", func(context.Context, *struct{}) (*body[[]Share], error) {
		return answer(s.allShares()), nil
	})
	type add struct {
		Body struct {
			Dir   string `json:"dir" doc:"absolute path of a folder"`
			Force bool   `json:"force,omitempty" doc:"share it although it is refused"`
			Group string `json:"group,omitempty" maxLength:"300" doc:"name of a group whose members alone get it, or at least 6 characters of its ID"`
		}
	}
	huma.Post(api, "/v1/shares", func(ctx context.Context, in *add) (*struct{}, error) {
		if !filepath.IsAbs(in.Body.Dir) {
			return nil, huma.Error422UnprocessableEntity("the folder must be an absolute path")
		}
		sp, err := s.space(in.Body.Group)
		if err != nil {
			return nil, err
		}
		return nil, shareFailure(s.share(ctx, sp, in.Body.Dir, in.Body.Force))
	})
	type dir struct {
		Dir string `query:"dir" required:"true" doc:"absolute path of a folder"`
	}
	type end struct {
		Dir   string `query:"dir" required:"true" doc:"absolute path of a folder"`
		Group string `query:"group" maxLength:"300" doc:"of which group, if it is one's"`
	}
	huma.Delete(api, "/v1/shares", func(ctx context.Context, in *end) (*struct{}, error) {
		sp, err := s.space(in.Group)
		if err != nil {
			return nil, err
		}
		return nil, shareFailure(s.unshare(ctx, sp, in.Dir))
	})
	huma.Post(api, "/v1/shares/rescan", func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, shareFailure(s.rescan(ctx))
	})
	huma.Get(api, "/v1/shares/check", func(ctx context.Context, in *dir) (*body[ShareReport], error) {
		if !filepath.IsAbs(in.Dir) {
			return nil, huma.Error422UnprocessableEntity("the folder must be an absolute path")
		}
		r, err := library.Check(ctx, in.Dir)
		if err != nil {
			return nil, shareFailure(err)
		}
		return answer(reportOf(in.Dir, r)), nil
	})
}

// shareFailure turns an error of sharing into one of HTTP.
func shareFailure(err error) error {
	if err == nil {
		return nil
	}
	status := http.StatusInternalServerError
	var refused *library.RefusedError
	switch {
	case errors.As(err, &refused), errors.Is(err, space.ErrGuest):
		status = http.StatusForbidden
	case errors.Is(err, library.ErrOverlap), errors.Is(err, space.ErrPublic), errors.Is(err, space.ErrPrivate), errors.Is(err, space.ErrManyShares):
		status = http.StatusConflict
	case errors.Is(err, library.ErrNotShare), errors.Is(err, fs.ErrNotExist):
		status = http.StatusNotFound
	case errors.Is(err, library.ErrClosed):
		status = http.StatusServiceUnavailable
	case errors.Is(err, fs.ErrPermission):
		status = http.StatusForbidden
	}
	return huma.NewError(status, text(err))
}
