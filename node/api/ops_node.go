package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"runtime"

	"github.com/danielgtaylor/huma/v2"

	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// body is an answer that is one JSON value.
type body[T any] struct{ Body T }

func answer[T any](v T) *body[T] { return &body[T]{v} }

// list makes an empty list of none: clients get [] and not null.
func list[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}

func (s *Server) nodeOperations(api huma.API) {
	huma.Get(api, "/v1/version", func(context.Context, *struct{}) (*body[Version], error) {
		return answer(Version{
			Schema: Schema, Version: s.cfg.Version, Go: runtime.Version(),
			System: runtime.GOOS + "/" + runtime.GOARCH, PID: os.Getpid(),
		}), nil
	})
	huma.Get(api, "/v1/status", func(ctx context.Context, _ *struct{}) (*body[Status], error) {
		st, err := s.cfg.Node.Status(ctx)
		if err != nil {
			return nil, failure(err)
		}
		return answer(statusOf(st)), nil
	})
	huma.Get(api, "/v1/peers", func(ctx context.Context, _ *struct{}) (*body[[]Peer], error) {
		st, err := s.cfg.Node.Status(ctx)
		if err != nil {
			return nil, failure(err)
		}
		peers := peersOf(st.Overlay)
		for i, n := range st.Overlay.Neighbors {
			if n.Terms.ID != (identity.PeerID{}) {
				peers[i].PeerID, peers[i].Name = n.Terms.ID.String(), s.cfg.Node.Contact(n.Terms.ID).Name
			}
		}
		return answer(peers), nil
	})
	huma.Get(api, "/v1/doctor", func(ctx context.Context, _ *struct{}) (*body[Health], error) {
		checks, err := s.cfg.Node.Examine(ctx)
		if err != nil {
			return nil, failure(err)
		}
		return answer(healthOf(checks)), nil
	})
	type connect struct {
		Body struct {
			Addr string `json:"addr" doc:"HOST:PORT"`
			Peer string `json:"peer,omitempty" maxLength:"300" doc:"who must prove to be there, as in /v1/contacts/{peer}; absent: anybody"`
		}
	}
	huma.Post(api, "/v1/peers", func(ctx context.Context, in *connect) (*struct{}, error) {
		addr, err := parseAddr(in.Body.Addr)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, connectWait)
		defer cancel()
		if in.Body.Peer == "" {
			return nil, linkFailure(addr, s.cfg.Node.Connect(ctx, addr))
		}
		peer, err := s.peer(ctx, in.Body.Peer)
		if err != nil {
			return nil, err
		}
		return nil, linkFailure(addr, s.cfg.Node.ConnectPeer(ctx, addr, peer))
	})
	type disconnect struct {
		Addr string `path:"addr" doc:"HOST:PORT"`
	}
	huma.Delete(api, "/v1/peers/{addr}", func(ctx context.Context, in *disconnect) (*struct{}, error) {
		addr, err := parseAddr(in.Addr)
		if err != nil {
			return nil, err
		}
		st, err := s.cfg.Node.Status(ctx)
		if err != nil {
			return nil, failure(err)
		}
		for _, p := range st.Overlay.Neighbors {
			if p.Addr == addr || p.Listen == addr {
				return nil, failure(s.cfg.Node.Disconnect(addr))
			}
		}
		return nil, huma.Error404NotFound("no link to " + addr.String())
	})
	huma.Get(api, "/v1/uploads", func(context.Context, *struct{}) (*body[[]Upload], error) {
		return answer(s.allUploads()), nil
	})
	huma.Post(api, "/v1/stop", func(context.Context, *struct{}) (*struct{}, error) {
		s.stop.Do(s.cfg.Stop)
		return nil, nil
	})
}

func parseAddr(text string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddrPort(text)
	if err != nil || addr.Port() == 0 {
		return netip.AddrPort{}, huma.Error422UnprocessableEntity("address " + transfer.Display(text) + ": want IP:PORT, such as 192.0.2.1:6346")
	}
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), nil
}

// linkFailure says why a link could not be opened.
func linkFailure(addr netip.AddrPort, err error) error {
	var refused *handshake.RefusedError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, overlay.ErrClosed):
		return failure(err)
	case errors.As(err, &refused):
		return huma.NewError(http.StatusBadGateway, addr.String()+" refused: "+transfer.Display(refused.Text))
	case errors.Is(err, context.DeadlineExceeded):
		return huma.NewError(http.StatusGatewayTimeout, addr.String()+" did not answer in time")
	}
	return huma.NewError(http.StatusBadGateway, "no link to "+addr.String()+": "+transfer.Display(err.Error()))
}

// failure turns an error of the node into one of HTTP.
func failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, overlay.ErrClosed):
		return huma.Error503ServiceUnavailable("the node is stopping")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return huma.NewError(http.StatusGatewayTimeout, err.Error())
	}
	return huma.Error500InternalServerError(transfer.Display(err.Error()))
}
