package api

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/transfer"
)

// explainInput is the parameter of explaining.
type explainInput struct {
	Peer string `query:"peer" required:"true" maxLength:"300" doc:"HOST:PORT, a servent GUID in hex, a peer ID, a petname, or the number of a result: its first source"`
}

// Path is how a peer is connected to, and how it was.
type Path struct {
	Schema int    `json:"schema"`
	Reach  string `json:"reach" enum:"direct,helped,none" doc:"the best way, as far as is known: directly, with the help of others or of the peer, not at all"`

	Addr    string   `json:"addr,omitempty" doc:"where it listens, by its word"`
	IPv6    string   `json:"ipv6,omitempty" doc:"where it listens too, at the same port"`
	GUID    string   `json:"guid,omitempty"`
	PeerID  string   `json:"peer_id,omitempty" doc:"by its word, or from the user's book"`
	Name    string   `json:"name,omitempty" doc:"petname"`
	Push    bool     `json:"push" doc:"it says that nobody can connect to it"`
	Proxies []string `json:"push_proxies"`
	Relays  []string `json:"relays" doc:"relays over which it is reached"`
	Words   []string `json:"punch_proxies" doc:"those of its push proxies that pass on words about a path through both NATs"`
	Own     string   `json:"own" enum:"open,closed,unproven" doc:"whether others can connect to us"`

	Ways     []Way     `json:"ways" doc:"those that would be tried now, in order, then the others"`
	Attempts []Attempt `json:"attempts" doc:"the last ones, the newest first"`
}

// Way is one way to a peer.
type Way struct {
	Way    string  `json:"way" enum:"direct-v6,direct-v4,push,punch,relay"`
	Try    bool    `json:"try" doc:"it would be tried now"`
	After  float64 `json:"after,omitempty" doc:"seconds that the way before has for itself"`
	Worked bool    `json:"worked" doc:"of late"`
	Failed bool    `json:"failed" doc:"of late"`
	Why    string  `json:"why"`
}

// Attempt is one attempt to connect to a peer.
type Attempt struct {
	Way     string    `json:"way"`
	At      time.Time `json:"at" doc:"when it began"`
	Seconds float64   `json:"seconds"`
	Outcome string    `json:"outcome" enum:"worked,failed,given up"`
	Reason  string    `json:"reason,omitempty"`
}

func (s *Server) explainOperations(api huma.API) {
	huma.Get(api, "/v1/explain", func(ctx context.Context, in *explainInput) (*body[Path], error) {
		src, err := s.source(ctx, in.Peer)
		if err != nil {
			return nil, err
		}
		e, err := s.cfg.Node.Explain(ctx, src)
		switch {
		case errors.Is(err, node.ErrNoPeer):
			return nil, huma.Error404NotFound(node.ErrNoPeer.Error())
		case err != nil:
			return nil, failure(err)
		}
		p := pathOf(&e)
		if peer, err := s.cfg.Node.KeyOf(ctx, transfer.Source{Servent: e.Peer.Servent, Peer: e.Peer.Key}); err == nil {
			p.PeerID, p.Name = peer.String(), s.cfg.Node.Contact(peer).Name
		}
		return answer(p), nil
	})
}

func pathOf(e *node.Explanation) Path {
	p := Path{
		Schema: Schema, Reach: e.Reach.String(), Push: e.Peer.Push, Proxies: addrTexts(e.Peer.Proxies), Relays: addrTexts(e.Peer.Relays), Words: addrTexts(e.Peer.PunchProxies),
		IPv6: addrText(e.Peer.IPv6), Own: e.Own.String(), Ways: make([]Way, 0, len(e.Steps)), Attempts: make([]Attempt, 0, len(e.Attempts)),
	}
	if e.Peer.Addr.IsValid() {
		p.Addr = e.Peer.Addr.String()
	}
	if e.Peer.Servent != [16]byte{} {
		p.GUID = hex.EncodeToString(e.Peer.Servent[:])
	}
	for _, s := range e.Steps {
		p.Ways = append(p.Ways, Way{
			Way: s.Rung.String(), Try: s.Try, After: s.HeadStart.Seconds(), Worked: s.Worked, Failed: s.Failed, Why: transfer.Display(s.Why),
		})
	}
	for _, a := range e.Attempts {
		p.Attempts = append(p.Attempts, Attempt{
			Way: a.Rung.String(), At: a.At, Seconds: a.Took.Seconds(), Outcome: a.Outcome.String(), Reason: transfer.Display(a.Reason),
		})
	}
	return p
}

func addrTexts(addrs []netip.AddrPort) []string {
	out := make([]string, 0, len(addrs))
	for _, a := range addrs {
		out = append(out, a.String())
	}
	return out
}
