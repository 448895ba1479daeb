package api

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/transfer"
)

// Magnet is a link that names a file.
type Magnet struct {
	Link   string `json:"magnet" doc:"the link"`
	Name   string `json:"name,omitempty"`
	Size   int64  `json:"size" doc:"bytes"`
	SHA1   string `json:"sha1" doc:"URN"`
	Tiger  string `json:"tiger,omitempty" doc:"root of the Tiger tree, base32"`
	Blake3 string `json:"blake3,omitempty" doc:"root of the BLAKE3 tree, base32"`
	Source string `json:"source,omitempty" doc:"where this node serves it, as the link says"`
	Shared bool   `json:"shared" doc:"this node serves it"`
	Hidden bool   `json:"address_unknown,omitempty" doc:"it does, but the address that others reach it at is not known"`
}

func magnetOf(l node.Linked) Magnet {
	m := Magnet{
		Link: l.String(), Name: transfer.Display(l.Name), Size: l.Size, SHA1: l.SHA1.URN(), Shared: l.Shared, Hidden: l.Hidden,
	}
	if l.Tiger.Known() {
		m.Tiger = l.Tiger.String()
	}
	if l.Blake3.Known() {
		m.Blake3 = l.Blake3.String()
	}
	if len(l.Sources) > 0 {
		m.Source = l.Sources[0]
	}
	return m
}

func (s *Server) magnetOperations(api huma.API) {
	type magnet struct {
		Target string `query:"target" required:"true" maxLength:"4096" doc:"number of a result, URN, magnet link, or absolute path of a file that is shared or was fetched"`
	}
	huma.Get(api, "/v1/magnet", func(ctx context.Context, in *magnet) (*body[Magnet], error) {
		l, err := s.magnet(ctx, strings.TrimSpace(in.Target))
		if err != nil {
			return nil, getFailure(err)
		}
		return answer(magnetOf(l)), nil
	})
}

// magnet makes a link for whatever target names.
func (s *Server) magnet(ctx context.Context, target string) (node.Linked, error) {
	if filepath.IsAbs(target) {
		return s.cfg.Node.MagnetAt(ctx, target)
	}
	if number, err := strconv.Atoi(target); err == nil {
		r, err := s.cfg.Node.Result(number)
		if err != nil {
			return node.Linked{}, err
		}
		return s.cfg.Node.MagnetOfResult(ctx, r)
	}
	h, err := s.hashOf(target)
	if err != nil {
		return node.Linked{}, err
	}
	return s.cfg.Node.MagnetOf(ctx, h)
}
