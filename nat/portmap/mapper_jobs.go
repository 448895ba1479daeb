package portmap

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// letter is what a goroutine has to tell the loop.
type letter interface {
	deliver(m *Mapper, now time.Time)
}

// refreshed: the owner says that something has changed.
type refreshed struct{}

func (refreshed) deliver(m *Mapper, now time.Time) {
	m.refresh.Store(false)
	m.routeAt = now
	for _, p := range m.plans {
		p.hurry(now)
	}
}

// routes are the ways out.
type routes struct {
	gateways [families][]Gateway
	unknown  bool // the system did not tell
	err      error
}

// look asks the system for the ways out.
func (m *Mapper) look() (r routes) {
	addrs, err := m.cfg.Gateways()
	r.err, r.unknown = err, err != nil
	for _, addr := range addrs {
		local, err := m.cfg.Local(addr)
		if err != nil {
			r.err = err
			continue
		}
		f := ip4
		if addr.Is6() {
			f = ip6
		}
		if g := (Gateway{addr, local}); len(r.gateways[f]) < maxGateways && !slices.Contains(r.gateways[f], g) {
			r.gateways[f] = append(r.gateways[f], g)
		}
	}
	return r
}

func (r routes) deliver(m *Mapper, now time.Time) {
	m.routing, m.routeAt = false, now.Add(checkEvery)
	if r.err != nil {
		m.cfg.Log.Debug().Err(r.err).Msg("gateways")
	}
	if r.unknown {
		return // what was known stays
	}
	for f, p := range m.plans {
		if p.route(now, r.gateways[f]) {
			m.drop(family(f))
		}
	}
}

// begin starts a job of a plan.
func (m *Mapper) begin(ctx context.Context, f family, j job) {
	p, r := m.plans[f], m.routers[f]
	random := rand.New(rand.NewChaCha8(seed(m.cfg.Rand)))
	switch j {
	case search:
		s := &searcher{cfg: m.cfg, family: f, gateways: p.gateways, rand: random, nonces: m.nonces[f], want: cmp.Or(p.want, m.cfg.Port), strays: m.stray, debts: m.debts[f]}
		m.debts[f] = nil
		m.work.Go(func() { m.post(s.search(ctx)) })
	case renew:
		held := p.given
		for i := range held {
			if held[i].external.Port() == 0 { // it was refused: perhaps now
				held[i].external = netip.AddrPortFrom(netip.Addr{}, p.want)
			}
		}
		m.work.Go(func() { m.post(m.renew(ctx, f, r, held)) })
	case check:
		held := p.given
		m.work.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, renewTime)
			defer cancel()
			s, err := r.probe(ctx, &held)
			if ctx.Err() != nil {
				err = errSilent
			}
			m.post(health{f, s, err})
		})
	}
}

// stray counts a datagram that is no answer.
func (m *Mapper) stray() { m.strays.Add(1) }

func seed(r *rand.Rand) (s [32]byte) {
	for i := range s {
		s[i] = byte(r.Uint32())
	}
	return s
}

// renew asks for both leases again.
func (m *Mapper) renew(ctx context.Context, f family, r router, held [protos]grant) renewal {
	ctx, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	out := renewal{family: f}
	for p := range protos {
		g, err := r.grant(ctx, p, held[p].external.Port(), m.cfg.Lifetime)
		out.grants[p] = g
		if errors.Is(err, errSilent) || ctx.Err() != nil {
			return renewal{family: f, err: errSilent}
		}
		out.err = cmp.Or(out.err, err)
	}
	if out.grants[TCP].ok || out.grants[UDP].ok {
		out.err = nil
	}
	return out
}

// renewal is what came of asking again.
type renewal struct {
	family family
	grants [protos]grant
	err    error
}

func (l renewal) deliver(m *Mapper, now time.Time) {
	p, r := m.plans[l.family], m.routers[l.family]
	if l.err == nil && p.held {
		m.take(now, l.family, r, l.grants)
	} else if p.failed(now, renew, l.err) {
		m.lost(l.family, l.err)
	}
}

// take notes what a router gave.
func (m *Mapper) take(now time.Time, f family, r router, gs [protos]grant) {
	p := m.plans[f]
	method, addr := r.name()
	m.routers[f] = r
	for _, g := range gs {
		if a := g.external.Addr(); g.ok && a.IsValid() {
			m.carrier[f] = !public(a)
		}
	}
	p.mapped(now, Lease{Method: method, Router: addr, Internal: netip.AddrPortFrom(r.local(), m.cfg.Port)}, gs)
}

// lost drops a router and says why.
func (m *Mapper) lost(f family, err error) {
	method, addr := m.routers[f].name()
	m.cfg.Log.Info().Err(err).Stringer("method", method).Stringer("router", addr).Msg("leases lost")
	m.drop(f)
}

// health is how the router of the leases is.
type health struct {
	family family
	status status
	err    error
}

func (l health) deliver(m *Mapper, now time.Time) {
	p := m.plans[l.family]
	if l.err == nil && p.held {
		method, _ := m.routers[l.family].name()
		p.checked(now, method, l.status)
	} else if p.failed(now, check, l.err) {
		m.lost(l.family, l.err)
	}
}

// verify has somebody outside try a lease. A look at the lease before is over.
func (m *Mapper) verify(ctx context.Context, f family, l look) {
	if stop := m.looking[f][l.proto]; stop != nil {
		stop()
	}
	one, cancel := context.WithTimeout(ctx, verifyTime)
	m.looking[f][l.proto] = cancel
	m.outside.Go(func() {
		defer cancel()
		err := m.cfg.Verify(one, l.target, l.proto)
		select {
		case m.inbox <- looked{f, l, err}:
		case <-ctx.Done():
		}
	})
}

// looked is what came of it.
type looked struct {
	family family
	look   look
	err    error
}

func (l looked) deliver(m *Mapper, now time.Time) {
	m.plans[l.family].looked(now, l.look, l.err == nil)
	if l.err != nil {
		m.cfg.Log.Debug().Err(l.err).Stringer("proto", l.look.proto).Stringer("external", l.look.target).Msg("not reached from outside")
	}
}

// discovery is what came of a search.
type discovery struct {
	family  family
	router  router // nil: none
	grants  [protos]grant
	debts   []debt // that are still to be removed
	carrier bool   // a router that gave nothing has another NAT in front
	err     error
}

func (l discovery) deliver(m *Mapper, now time.Time) {
	p := m.plans[l.family]
	m.carrier[l.family] = l.carrier
	for _, d := range l.debts {
		m.owe(l.family, d)
	}
	if l.err == nil && !slices.ContainsFunc(p.gateways, func(g Gateway) bool { return g.Local == l.router.local() }) {
		m.owe(l.family, debt{l.router, l.grants})
		l.err = errRoute
	}
	if l.err != nil {
		p.failed(now, search, l.err)
		m.cfg.Log.Debug().Err(l.err).Msg("no port mapped")
		return
	}
	m.take(now, l.family, l.router, l.grants)
	method, addr := l.router.name()
	for _, g := range l.grants {
		if g.ok {
			m.cfg.Log.Info().Stringer("method", method).Stringer("router", addr).Stringer("external", g.external).Msg("port mapped")
		}
	}
}
