package api

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/query/flood"
	"filbert/transfer"
)

// browseInput are the parameters of browsing.
type browseInput struct {
	Host  string `query:"host" required:"true" maxLength:"300" doc:"HOST:PORT, a peer ID or petname of one that was found, or the number of a result: its first source"`
	Limit int    `query:"limit" minimum:"0" maximum:"10000" doc:"end after so many files; 0 = no limit"`
}

func (s *Server) browseOperations(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "browse", Method: "GET", Path: "/v1/browse",
		Summary:   "List what one servent shares",
		Responses: events("events `result` (Result) for each file, then `end` (SearchEnd)"),
	}, func(ctx context.Context, in *browseInput) (*huma.StreamResponse, error) {
		src, err := s.source(ctx, in.Host)
		if err != nil {
			return nil, err
		}
		b, err := s.cfg.Node.Browse(ctx, src)
		if err != nil {
			return nil, browseFailure(err)
		}
		return streaming(func(_ context.Context, out *stream) {
			defer b.Close()
			g := newGathering(out, s.result, in.Limit, func() { b.Close() })
			g.end.Peers = 1
			err := b.Each(g.add)
			if g.full() {
				err = nil // it was we who broke off
			}
			g.finish(err)
		}), nil
	})
}

// source is the servent that is meant: a number of a result, a peer ID or petname, a
// servent GUID, or an address.
func (s *Server) source(ctx context.Context, text string) (transfer.Source, error) {
	if number, err := strconv.Atoi(text); err == nil {
		r, err := s.cfg.Node.Result(number)
		if err != nil {
			return transfer.Source{}, getFailure(err)
		}
		if r.Group != "" { // its source is a member, and nothing of the group is asked for
			return s.cfg.Node.SourceOf(r.Sources[0].Peer), nil
		}
		return r.Sources[0], nil
	}
	if peer, err := s.cfg.Node.FindPeer(text); err == nil {
		return s.cfg.Node.SourceOf(peer), nil
	}
	if servent, ok := node.ParseServent(text); ok {
		return transfer.Source{Servent: servent}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWait)
	defer cancel()
	addr, err := node.LookUp(ctx, text)
	if err != nil {
		said := transfer.Display(err.Error())
		if !strings.Contains(text, ":") {
			said += ", or the name of a peer as `filbert contacts` lists them"
		}
		return transfer.Source{}, huma.Error422UnprocessableEntity(said)
	}
	return transfer.Source{Addr: addr}, nil
}

// browseFailure says why nothing is listed.
func browseFailure(err error) error {
	status := http.StatusBadGateway
	var answered *flood.BrowseError
	switch {
	case errors.As(err, &answered) && answered.Status == http.StatusTooManyRequests:
		status = http.StatusTooManyRequests
	case errors.As(err, &answered) && answered.Status == http.StatusForbidden:
		status = http.StatusForbidden
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		status = http.StatusGatewayTimeout
	}
	return huma.NewError(status, transfer.Display(err.Error()))
}
