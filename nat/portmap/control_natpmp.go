package portmap

import (
	"context"
	"net/netip"
	"time"
)

// natpmpRouter is a router that speaks NAT-PMP. The library for it has sockets of
// its own that no context ends and no test reaches; there are 12 bytes to it.
type natpmpRouter struct {
	control
	internal uint16
}

func (r *natpmpRouter) name() (Method, netip.Addr) { return NATPMP, r.gateway.Addr }

// ask sends a question and returns its answer, refusals as errors.
func (r *natpmpRouter) ask(ctx context.Context, question []byte) (a natpmpAnswer, err error) {
	opcode := question[1]
	err = r.exchange(ctx, question, func(p []byte) bool {
		a, err = parseNATPMP(p)
		return err == nil && a.opcode == opcode && (opcode == natpmpAddress || a.result != 0 || a.internal == r.internal)
	})
	if err == nil && a.result != 0 {
		err = &Refusal{Method: NATPMP, Code: a.result}
	}
	return a, err
}

func (r *natpmpRouter) probe(ctx context.Context, _ *[protos]grant) (status, error) {
	a, err := r.ask(ctx, appendNATPMPAddress(nil))
	if err != nil {
		return status{}, err
	}
	return status{external: a.addr, stamp: stamp{ok: true, seconds: a.epoch, at: time.Now()}}, nil
}

// grant asks for the mapping, and then for the address, which is told apart.
func (r *natpmpRouter) grant(ctx context.Context, p Proto, want uint16, life time.Duration) (grant, error) {
	maybe := grant{external: netip.AddrPortFrom(netip.Addr{}, want)}
	a, err := r.ask(ctx, appendNATPMPMap(nil, p, r.internal, want, seconds(life)))
	if err != nil {
		return maybe, err
	}
	if a.lifetime == 0 || a.external == 0 {
		return grant{}, errNATPMP
	}
	s, err := r.probe(ctx, nil)
	if err != nil {
		return maybe, err
	}
	life = min(time.Duration(a.lifetime)*time.Second, life)
	return grant{ok: true, external: netip.AddrPortFrom(s.external, a.external), life: life, stamp: s.stamp}, nil
}

func (r *natpmpRouter) remove(ctx context.Context, p Proto, _ grant) error {
	_, err := r.ask(ctx, appendNATPMPMap(nil, p, r.internal, 0, 0))
	return err
}
