package api

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/node/hook"
	"filbert/node/space"
	"filbert/transfer/download"
	"filbert/transfer/picker"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

func (s *Server) downloadOperations(api huma.API) {
	huma.Get(api, "/v1/downloads", func(context.Context, *struct{}) (*body[[]Download], error) {
		return answer(s.allDownloads()), nil
	})
	type get struct {
		Body struct {
			Target   string `json:"target" doc:"number of a result, URN or magnet link"`
			Output   string `json:"output,omitempty" doc:"absolute path for the file; the download folder when absent"`
			Adopt    string `json:"adopt,omitempty" doc:"absolute path of a file on this machine of which what fits is taken; it is only read"`
			Strategy string `json:"strategy,omitempty" enum:"auto,rarest,sequential" doc:"in which order it is fetched; auto when absent"`
			Limit    int64  `json:"limit_rate,omitempty" minimum:"-1" doc:"the most bytes per second, besides the limits of all files; -1 takes back what was asked for before"`
		}
	}
	huma.Post(api, "/v1/downloads", func(ctx context.Context, in *get) (*body[Download], error) {
		if in.Body.Output != "" && !filepath.IsAbs(in.Body.Output) {
			return nil, huma.Error422UnprocessableEntity("output must be an absolute path")
		}
		d, err := s.getShown(ctx, strings.TrimSpace(in.Body.Target), in.Body.Output, download.Terms{Adopt: in.Body.Adopt, Strategy: picker.Strategy(in.Body.Strategy), Rate: in.Body.Limit})
		if err != nil {
			return nil, getFailure(err)
		}
		return answer(d), nil
	})
	type one struct {
		SHA1  string `path:"sha1" doc:"URN or 32 characters of base32"`
		Group string `query:"group" maxLength:"300" doc:"of which group, if it is one's"`
	}
	huma.Register(api, huma.Operation{
		OperationID: "watch-download", Method: "GET", Path: "/v1/downloads/{sha1}/events",
		Summary:   "Watch a download",
		Responses: events("events `download` (Download) now and at every change, the last when it is over"),
	}, func(ctx context.Context, in *one) (*huma.StreamResponse, error) {
		m, sp, h, err := s.known(in.SHA1, in.Group)
		if err != nil {
			return nil, err
		}
		return streaming(func(ctx context.Context, out *stream) {
			for st := range m.Watch(ctx, h) {
				out.send("download", s.downloadIn(sp, st))
			}
		}), nil
	})
	type cancel struct { // huma does not look into embedded structs whose names are not exported
		SHA1   string `path:"sha1" doc:"URN or 32 characters of base32"`
		Group  string `query:"group" maxLength:"300" doc:"of which group, if it is one's"`
		Remove bool   `query:"remove" doc:"also remove what arrived"`
	}
	huma.Delete(api, "/v1/downloads/{sha1}", func(ctx context.Context, in *cancel) (*struct{}, error) {
		m, _, h, err := s.known(in.SHA1, in.Group)
		if err != nil {
			return nil, err
		}
		return nil, getFailure(m.Cancel(ctx, h, in.Remove))
	})
}

// downloads and download add to the state of a download how the user's command
// for it goes.
func (s *Server) downloads(all []download.Status) []Download {
	out := make([]Download, 0, len(all))
	for _, st := range all {
		out = append(out, s.download(st))
	}
	return out
}

func (s *Server) download(st download.Status) Download {
	d := downloadOf(st)
	if o := s.cfg.Node.Hook(st.File.SHA1); st.State == download.Complete && o.State != hook.None {
		d.Hook = o.State.String()
		if o.Err != nil {
			d.HookErr = text(o.Err)
		}
	}
	return d
}

// getShown is get, and shows the download.
func (s *Server) getShown(ctx context.Context, target, output string, terms download.Terms) (Download, error) {
	number, err := strconv.Atoi(target)
	if err != nil {
		st, err := s.get(ctx, target, output, terms)
		return s.download(st), err
	}
	r, err := s.cfg.Node.Result(number)
	if err != nil {
		return Download{}, err
	}
	st, err := s.cfg.Node.Get(r, output, terms)
	if err != nil || r.Group == "" {
		return s.download(st), err
	}
	sp, err := s.cfg.Node.SpaceOf(r.Group)
	return s.downloadIn(sp, st), err
}

// get begins a download of whatever target names, but of what members of a group have.
func (s *Server) get(ctx context.Context, target, output string, terms download.Terms) (download.Status, error) {
	if number, err := strconv.Atoi(target); err == nil {
		r, err := s.cfg.Node.PublicResult(number)
		if err != nil {
			return download.Status{}, err
		}
		return s.cfg.Node.Get(r, output, terms)
	}
	if strings.HasPrefix(strings.ToLower(target), "magnet:") {
		m, err := urn.ParseMagnet(target)
		if err != nil {
			return download.Status{}, err
		}
		if !m.HasSHA1 {
			return download.Status{}, errNoHash
		}
		return s.cfg.Node.GetMagnet(ctx, m, output, terms)
	}
	h, err := parseHash(target)
	if err != nil {
		return download.Status{}, err
	}
	return s.cfg.Node.GetMagnet(ctx, urn.Magnet{URN: urn.URN{SHA1: h, HasSHA1: true}, Size: -1}, output, terms)
}

var (
	errNoHash = errors.New("the link names no SHA-1")
	errTarget = errors.New("want the number of a result, urn:sha1:… or a magnet link")
)

// parseHash reads a URN or a bare SHA-1.
func parseHash(text string) (urn.SHA1, error) {
	if h, err := urn.ParseSHA1(text); err == nil {
		return h, nil
	}
	if u, err := urn.Parse(text); err == nil && u.HasSHA1 {
		return u.SHA1, nil
	}
	return urn.SHA1{}, errTarget
}

// known finds the download that a path and a group name, and the group's space if it has
// one.
func (s *Server) known(text, group string) (*download.Manager, *space.Space, urn.SHA1, error) {
	h, err := parseHash(text)
	if err != nil {
		return nil, nil, h, huma.Error422UnprocessableEntity("want urn:sha1:… or 32 characters of base32")
	}
	sp, err := s.space(group)
	if err != nil {
		return nil, nil, h, err
	}
	m := s.manager(sp)
	if m != nil {
		if _, err := m.Status(h); err == nil {
			return m, sp, h, nil
		}
	}
	return nil, nil, h, huma.Error404NotFound("there is no download of " + h.URN())
}

// getFailure turns an error of getting into one of HTTP.
func getFailure(err error) error {
	if err == nil {
		return nil
	}
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, node.ErrNoResult), errors.Is(err, node.ErrNotFound), errors.Is(err, node.ErrNotHere), errors.Is(err, node.ErrNoGroup),
		errors.Is(err, download.ErrUnknown):
		status = http.StatusNotFound
	case errors.Is(err, errTarget), errors.Is(err, errNoHash), errors.Is(err, urn.ErrSyntax), errors.Is(err, urn.ErrNamespace),
		errors.Is(err, node.ErrUnhashed), errors.Is(err, node.ErrOfGroup), errors.Is(err, space.ErrPublic), errors.Is(err, download.ErrTerms):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, download.ErrConflict), errors.Is(err, store.ErrConflict):
		status = http.StatusConflict
	case errors.Is(err, store.ErrNoSpace):
		status = http.StatusInsufficientStorage
	case errors.Is(err, download.ErrStopped), errors.Is(err, download.ErrTooMany), errors.Is(err, node.ErrNoDownloads), errors.Is(err, space.ErrNoDownloads):
		status = http.StatusServiceUnavailable
	}
	return huma.NewError(status, text(err))
}
