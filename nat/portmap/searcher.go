package portmap

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// errNobody: no router that answers gave a lease.
var errNobody = errors.New("portmap: no router maps ports")

// searcher asks all routers of a family at once.
type searcher struct {
	cfg      Config
	family   family
	gateways []Gateway
	rand     *rand.Rand
	nonces   [protos]nonce
	want     uint16
	strays   func()
	debts    []debt

	found chan router // those that answered

	mu      sync.Mutex
	errs    []error
	carrier bool // an external address is not public
}

// search maps with the first router that answers and agrees. What may be left with
// others is among the debts.
func (s *searcher) search(ctx context.Context) discovery {
	out := discovery{family: s.family}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	probing, stop := context.WithCancel(ctx)
	s.found = make(chan router)
	var work, closing sync.WaitGroup
	defer closing.Wait()
	defer stop()
	s.ask(probing, &work)
	closing.Go(func() {
		work.Wait()
		close(s.found)
	})
	out.debts = s.repay(ctx)
	for r := range s.found {
		gs, err := obtain(ctx, r, s.want, s.cfg.Lifetime, s.rand)
		if err == nil {
			out.router, out.grants = r, gs
			return out
		}
		if ctx.Err() != nil || release(ctx, r, gs) != nil {
			out.debts = append(out.debts, debt{r, gs})
		}
		s.failed(err)
	}
	out.err, out.carrier = errNobody, s.carrier // all who write to it have ended
	if ctx.Err() != nil {
		out.err = ctx.Err()
	} else if len(s.errs) > 0 {
		out.err = errors.Join(s.errs...)
	}
	return out
}

// repay removes what earlier routers may still have, and returns what is left.
func (s *searcher) repay(ctx context.Context) (left []debt) {
	ctx, cancel := context.WithTimeout(ctx, exitTime)
	defer cancel()
	for _, d := range s.debts {
		if release(ctx, d.router, d.grants) != nil {
			left = append(left, d)
		}
	}
	return left
}

// ask begins to probe all routers.
func (s *searcher) ask(ctx context.Context, work *sync.WaitGroup) {
	if s.family == ip4 {
		s.askUPnP(ctx, work)
	}
	for _, g := range s.gateways {
		c := control{listen: s.cfg.ListenPacket, gateway: g, strays: s.strays}
		work.Go(func() { s.probe(ctx, &pcpRouter{c, s.cfg.Port, s.nonces}) })
		if s.family != ip4 {
			continue
		}
		work.Go(func() {
			if pause(ctx, pcpStart) {
				s.probe(ctx, &natpmpRouter{c, s.cfg.Port})
			}
		})
	}
}

// askUPnP looks for UPnP routers, from each of our addresses.
func (s *searcher) askUPnP(ctx context.Context, work *sync.WaitGroup) {
	locals := map[netip.Addr]bool{}
	for _, g := range s.gateways {
		if locals[g.Local] {
			continue
		}
		locals[g.Local] = true
		random := rand.New(rand.NewChaCha8(seed(s.rand)))
		work.Go(func() {
			err := s.locate(ctx, g.Local, func(at location) {
				random := rand.New(rand.NewChaCha8(seed(random)))
				work.Go(func() { s.meet(ctx, at, g.Local, random) })
			})
			if err != nil {
				s.failed(err)
			}
		})
	}
}

// meet reads the description of a UPnP router and hands over its first service
// that has an external address, or else the first that answers.
func (s *searcher) meet(ctx context.Context, at location, local netip.Addr, random *rand.Rand) {
	services, err := s.describe(ctx, at)
	if err != nil {
		s.failed(err)
		return
	}
	var second router
	for _, service := range services {
		r := &upnpRouter{igd: service, gateway: Gateway{at.host, local}, internal: s.cfg.Port, rand: random}
		addr, err := r.address(ctx)
		switch {
		case err != nil:
			s.failed(err)
		case addr.IsValid():
			s.outside(addr)
			s.give(ctx, r)
			return
		case second == nil:
			second = r
		}
	}
	if second != nil {
		s.give(ctx, second)
	}
}

// probe hands over a router if it answers.
func (s *searcher) probe(ctx context.Context, r router) {
	st, err := r.probe(ctx, nil)
	if err != nil {
		s.failed(err)
		return
	}
	s.outside(st.external)
	s.give(ctx, r)
}

func (s *searcher) give(ctx context.Context, r router) {
	select {
	case s.found <- r:
	case <-ctx.Done():
	}
}

// outside notes that a router has an external address.
func (s *searcher) outside(addr netip.Addr) {
	if addr.IsValid() && !public(addr) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.carrier = true
	}
}

// failed keeps the errors that say more than that nobody is there.
func (s *searcher) failed(err error) {
	if errors.Is(err, errSilent) || errors.Is(err, errVersion) || errors.Is(err, context.Canceled) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, err)
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
