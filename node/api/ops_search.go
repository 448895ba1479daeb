package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node/space"
	"filbert/query"
	"filbert/query/index"
)

// urnPrefix is how a search begins that names a file instead of words.
const urnPrefix = "urn:"

var errNoSHA1 = errors.New("a file is searched for by its SHA-1: want urn:sha1: and 32 characters of base32, or urn:bitprint:…")

// searchInput are the parameters of a search.
type searchInput struct {
	Words   string `query:"words" maxLength:"1024" doc:"words, each of which must begin a word of the file's name, or the file's URN"`
	New     bool   `query:"new" doc:"the newest files of everybody nearby instead; no words then"`
	Type    string `query:"type" doc:"media types: audio, video, document, image, program, torrent"`
	MinSize int64  `query:"min_size" minimum:"0" doc:"bytes"`
	MaxSize int64  `query:"max_size" minimum:"0" doc:"bytes; 0 = any"`
	Limit   int    `query:"limit" minimum:"0" maximum:"10000" doc:"end after so many results; 0 = no limit"`
	Hops    int    `query:"hops" minimum:"0" maximum:"15" doc:"how far to ask; 0 = as far as usual"`
	Group   string `query:"group" maxLength:"300" doc:"among what the members of this group have, which is known here; name, or at least 6 characters of the ID"`
	Wait    string `query:"wait" doc:"how long to take hits, such as 10s"`
}

func (s *Server) searchOperations(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "search", Method: "GET", Path: "/v1/search",
		Summary:   "Search the network",
		Responses: events("events `result` (Result) whenever a file is found or has a new source, then `end` (SearchEnd)"),
	}, func(ctx context.Context, in *searchInput) (*huma.StreamResponse, error) {
		q, wait, err := in.query()
		if err != nil {
			return nil, err
		}
		sp, err := s.space(in.Group)
		if err != nil {
			return nil, err
		}
		if sp != nil {
			return streaming(func(_ context.Context, out *stream) { s.searchGroup(out, sp, q, in.Limit) }), nil
		}
		return streaming(func(ctx context.Context, out *stream) { s.search(ctx, out, q, wait, in.Limit) }), nil
	})
	huma.Get(api, "/v1/results", func(context.Context, *struct{}) (*body[[]Result], error) {
		out := []Result{}
		for _, r := range s.cfg.Node.Results(listedResults) {
			out = append(out, s.result(r))
		}
		return answer(out), nil
	})
	type one struct {
		Number int `path:"number"`
	}
	huma.Get(api, "/v1/results/{number}", func(_ context.Context, in *one) (*body[Result], error) {
		r, err := s.cfg.Node.Result(in.Number)
		if err != nil {
			return nil, getFailure(err)
		}
		return answer(s.result(r)), nil
	})
}

// query checks the parameters.
func (in *searchInput) query() (query.Query, time.Duration, error) {
	bad := func(err error) error { return huma.Error422UnprocessableEntity(err.Error()) }
	q := query.Query{Text: in.Words, New: in.New, MinSize: in.MinSize, MaxSize: in.MaxSize, Hops: in.Hops}
	var err error
	if name := strings.TrimSpace(in.Words); len(name) > len(urnPrefix) && strings.EqualFold(name[:len(urnPrefix)], urnPrefix) {
		q.Text = ""
		if q.SHA1, err = parseHash(name); err != nil {
			return q, 0, bad(errNoSHA1)
		}
	}
	if in.Type != "" {
		if q.Media, err = index.ParseMedia(in.Type); err != nil {
			return q, 0, bad(err)
		}
	}
	if err := q.Check(); err != nil {
		return q, 0, bad(err)
	}
	wait := defaultWait
	if in.Wait != "" {
		if wait, err = time.ParseDuration(in.Wait); err != nil || wait <= 0 || wait > maxWait {
			return q, 0, bad(errors.New("wait: want a time above 0 and up to 10m, such as 10s"))
		}
	}
	return q, wait, nil
}

// search streams results until the wait is over or there are enough.
func (s *Server) search(ctx context.Context, out *stream, q query.Query, wait time.Duration, limit int) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	g := newGathering(out, s.result, limit, cancel)
	if st, err := s.cfg.Node.Status(ctx); err == nil {
		g.end.Peers = len(st.Overlay.Neighbors)
	}
	g.finish(s.cfg.Node.Search(ctx, q, g.add))
}

// searchGroup sends what the members of a group have.
func (s *Server) searchGroup(out *stream, sp *space.Space, q query.Query, limit int) {
	g := newGathering(out, s.result, limit, func() {})
	_, g.end.Peers = sp.Listed()
	s.cfg.Node.SearchGroup(sp, q, g.add)
	g.finish(nil)
}
