package node

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"filbert/nat/stun"
)

// lasting is how long the NAT of an outer address keeps a binding.
type lasting struct {
	outer netip.Addr
	stun.Lasting
}

// outer is the address whose bindings are worth measuring: that of a network which lets
// UDP out. It is invalid if there is none.
func (d Discovered) outer() netip.Addr {
	if d.Report.UDP != stun.Yes || d.Local() {
		return netip.Addr{}
	}
	return d.Report.Mapped.Addr()
}

// lastsLocked is what is known for the address of now.
func (s *stuns) lastsLocked() stun.Lasting {
	if !s.lasting.Known() || s.lasting.outer != s.found.outer() {
		return stun.Lasting{}
	}
	return s.lasting.Lasting
}

// startMeasuring measures in the background, if there is an address, until the end it
// returns.
func (s *stuns) startMeasuring(ctx context.Context, outer netip.Addr, work *sync.WaitGroup) (end func()) {
	if !outer.IsValid() {
		return func() {}
	}
	ctx, end = context.WithCancel(ctx)
	work.Go(func() { s.measure(ctx, outer) })
	return end
}

// measure finds out how long a binding of the NAT lasts, once, while nobody can connect
// to us, until ctx ends: for others nothing depends on it.
func (s *stuns) measure(ctx context.Context, outer netip.Addr) {
	var known stun.Lasting
	timer := time.NewTimer(lifetimeSettle)
	defer timer.Stop()
	for !known.Known() {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Reset(lifetimeAgain)
		o, err := s.overlay.Status(ctx)
		if err != nil {
			return // the overlay has ended, and we are about to
		}
		if o.TCP.Open {
			continue
		}
		t := stun.LifetimeTest{Listen: s.listen, Config: s.random}
		for _, f := range s.discovered().Report.Servers {
			if f.Error == "" {
				t.Servers = append(t.Servers, f.Server)
			}
		}
		if known, err = t.Narrow(ctx, known); err != nil {
			s.log.Debug().Err(err).Msg("how long the NAT keeps a binding is not known")
		}
	}
	s.log.Info().Stringer("lasts", known).Msg("measured how long the NAT keeps a binding")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found.outer() == outer { // else all is forgotten, and ctx is about to end
		s.lasting = lasting{outer, known}
	}
}
