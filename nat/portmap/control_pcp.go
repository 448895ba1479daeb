package portmap

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"time"
)

// pcpRouter is a router that speaks PCP.
type pcpRouter struct {
	control
	internal uint16
	nonces   [protos]nonce
}

// newNonce draws one: an answer without it is not from whoever got the question.
// The node keeps its own, or it could not renew what it has with a router that it
// lost meanwhile.
func newNonce(rand *rand.Rand) (n nonce) {
	for i := range n {
		n[i] = byte(rand.Uint32())
	}
	return n
}

func (r *pcpRouter) name() (Method, netip.Addr) { return PCP, r.gateway.Addr }

// ask sends a question and returns its answer, refusals as errors.
func (r *pcpRouter) ask(ctx context.Context, life time.Duration, m *mapping) (a pcpAnswer, err error) {
	question := appendPCP(nil, seconds(life), r.gateway.Local, m)
	foreign := false
	err = r.exchange(ctx, question, func(p []byte) bool {
		a, err = parsePCP(p)
		foreign = err == errVersion
		return foreign || err == nil && a.answers(m)
	})
	switch {
	case err != nil:
		return pcpAnswer{}, err
	case foreign:
		return pcpAnswer{}, errVersion
	case a.result == pcpUnsupportedOpcode && m == nil: // it is there all the same
	case a.result != pcpSuccess:
		return a, &Refusal{Method: PCP, Code: a.result, Wait: time.Duration(a.lifetime) * time.Second}
	}
	return a, nil
}

func (a pcpAnswer) stamp() stamp { return stamp{ok: true, seconds: a.epoch, at: time.Now()} }

// probe announces us. Mappings that are held are asked for again: ANNOUNCE would
// tell of a restart only, and not of another address, with which some routers do
// not begin a new epoch.
func (r *pcpRouter) probe(ctx context.Context, held *[protos]grant) (s status, err error) {
	if held == nil {
		a, err := r.ask(ctx, 0, nil)
		return status{stamp: a.stamp()}, err
	}
	for p, g := range held {
		if !g.ok {
			continue
		}
		now, err := r.grant(ctx, Proto(p), g.external.Port(), g.life)
		if err != nil {
			return status{}, err
		}
		s.external, s.stamp = now.external.Addr(), now.stamp
		s.lost = s.lost || now.external.Port() != g.external.Port()
	}
	return s, nil
}

func (r *pcpRouter) mapping(p Proto, want uint16) *mapping {
	any := netip.IPv4Unspecified()
	if r.gateway.Local.Is6() {
		any = netip.IPv6Unspecified()
	}
	return &mapping{nonce: r.nonces[p], proto: p.number(), internal: r.internal, external: netip.AddrPortFrom(any, want)}
}

func (r *pcpRouter) grant(ctx context.Context, p Proto, want uint16, life time.Duration) (grant, error) {
	a, err := r.ask(ctx, life, r.mapping(p, want))
	if err != nil {
		return grant{external: netip.AddrPortFrom(netip.Addr{}, want)}, err
	}
	g := grant{ok: true, external: a.mapping.external, life: min(time.Duration(a.lifetime)*time.Second, life), stamp: a.stamp()}
	if g.life == 0 || g.external.Port() == 0 {
		return grant{}, errPCP
	}
	return g, nil
}

func (r *pcpRouter) remove(ctx context.Context, p Proto, _ grant) error {
	_, err := r.ask(ctx, 0, r.mapping(p, 0))
	return err
}
