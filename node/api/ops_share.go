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
		return answer(sharesOf(s.cfg.Node.Library().Shares())), nil
	})
	type add struct {
		Body struct {
			Dir   string `json:"dir" doc:"absolute path of a folder"`
			Force bool   `json:"force,omitempty" doc:"share it although it is refused"`
		}
	}
	huma.Post(api, "/v1/shares", func(ctx context.Context, in *add) (*struct{}, error) {
		if !filepath.IsAbs(in.Body.Dir) {
			return nil, huma.Error422UnprocessableEntity("the folder must be an absolute path")
		}
		return nil, shareFailure(s.cfg.Node.Share(ctx, in.Body.Dir, in.Body.Force))
	})
	type dir struct {
		Dir string `query:"dir" required:"true" doc:"absolute path of a folder"`
	}
	huma.Delete(api, "/v1/shares", func(ctx context.Context, in *dir) (*struct{}, error) {
		return nil, shareFailure(s.cfg.Node.Library().Remove(ctx, in.Dir))
	})
	huma.Post(api, "/v1/shares/rescan", func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, shareFailure(s.cfg.Node.Library().Rescan(ctx))
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
	case errors.As(err, &refused):
		status = http.StatusForbidden
	case errors.Is(err, library.ErrOverlap), errors.Is(err, space.ErrPublic), errors.Is(err, space.ErrPrivate):
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
