package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/transfer"
	"filbert/transfer/download"
	streams "filbert/transfer/stream"
	"filbert/transfer/urn"
)

// Play is a file with a URL for players.
type Play struct {
	URL     string `json:"url" doc:"where a player on this machine reads it; who knows it may"`
	Name    string `json:"name"`
	URN     string `json:"urn"`
	Size    int64  `json:"size" doc:"bytes"`
	Read    int64  `json:"read" doc:"bytes that were read at least once"`
	Readers int    `json:"readers" doc:"requests being answered"`
}

// Whole reports whether all of the file was read.
func (p Play) Whole() bool { return p.Read == p.Size }

func playOf(s streams.Status) Play {
	return Play{
		URL: s.URL, Name: transfer.Display(s.File.Name), URN: s.File.SHA1.URN(), Size: s.File.Size, Read: s.Read, Readers: s.Readers,
	}
}

func (s *Server) playOperations(api huma.API) {
	type play struct {
		Body struct {
			Target string `json:"target" doc:"number of a result, URN or magnet link"`
		}
	}
	huma.Post(api, "/v1/play", func(ctx context.Context, in *play) (*body[Play], error) {
		st, err := s.play(ctx, strings.TrimSpace(in.Body.Target))
		switch {
		case errors.Is(err, streams.ErrStopped):
			return nil, huma.NewError(http.StatusServiceUnavailable, text(err))
		case err != nil:
			return nil, getFailure(err)
		}
		return answer(playOf(st)), nil
	})
	huma.Get(api, "/v1/play", func(context.Context, *struct{}) (*body[[]Play], error) {
		list := []Play{}
		for _, st := range s.cfg.Node.Playing() {
			list = append(list, playOf(st))
		}
		return answer(list), nil
	})
}

// play gives whatever target names a URL, and begins to fetch it if nobody has.
func (s *Server) play(ctx context.Context, target string) (streams.Status, error) {
	h, err := s.hashOf(target)
	if err != nil {
		return streams.Status{}, err
	}
	file, here := s.cfg.Node.Here(h)
	if !here {
		st, err := s.get(ctx, target, "", download.Terms{})
		if err != nil {
			return streams.Status{}, err
		}
		file = st.File
	}
	return s.cfg.Node.Play(ctx, file)
}

// hashOf is the SHA-1 that a number of a result, a URN or a magnet link means.
func (s *Server) hashOf(target string) (urn.SHA1, error) {
	if number, err := strconv.Atoi(target); err == nil {
		r, err := s.cfg.Node.PublicResult(number)
		if err == nil && !r.Hashed() {
			err = node.ErrUnhashed
		}
		return r.File.SHA1, err
	}
	if strings.HasPrefix(strings.ToLower(target), "magnet:") {
		m, err := urn.ParseMagnet(target)
		if err == nil && !m.HasSHA1 {
			err = errNoHash
		}
		return m.SHA1, err
	}
	return parseHash(target)
}
