package portmap

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// errSilent: no answer that counts came in time.
var errSilent = errors.New("portmap: no answer")

// status is what a router tells without giving anything.
type status struct {
	external netip.Addr // not valid: the protocol does not tell
	stamp    stamp
	lost     bool // it does not know our mapping any more
}

// router speaks one protocol with one router. Its methods block until it has
// answered, errSilent or ctx ends; only remove is called for both protocols at
// once. A grant that comes
// with an error has the port that may be ours nevertheless.
type router interface {
	name() (Method, netip.Addr)
	local() netip.Addr // our address towards it

	// probe asks whether it is there and what it has for us; held are the mappings
	// that we believe in, nil when there are none.
	probe(ctx context.Context, held *[protos]grant) (status, error)

	// grant asks for a mapping, or for one we have again. want is the external port
	// that would be liked.
	grant(ctx context.Context, p Proto, want uint16, life time.Duration) (grant, error)

	// remove ends a mapping.
	remove(ctx context.Context, p Proto, g grant) error
}

// obtain asks a router for both protocols, if possible at the same port. It is
// an error to get neither.
func obtain(ctx context.Context, r router, want uint16, life time.Duration, rand *rand.Rand) (gs [protos]grant, err error) {
	for try := range portTries {
		gs = [protos]grant{}
		var errs [protos]error
		for p := range protos {
			gs[p], errs[p] = r.grant(ctx, p, want, life)
			if errors.Is(errs[p], errSilent) || ctx.Err() != nil {
				return gs, errs[p]
			}
			if gs[p].ok {
				want = gs[p].external.Port()
			}
		}
		if !gs[TCP].ok || !gs[UDP].ok {
			if gs[TCP].ok || gs[UDP].ok {
				return gs, nil
			}
			return gs, errs[TCP]
		}
		if gs[TCP].external.Port() == gs[UDP].external.Port() || try == portTries-1 {
			break
		}
		release(ctx, r, gs)
		want = anyPort(rand)
	}
	return gs, nil
}

// release removes what a router gave or may have given.
func release(ctx context.Context, r router, gs [protos]grant) error {
	var errs [protos]error
	var work sync.WaitGroup
	for p, g := range gs {
		if g.external.Port() != 0 {
			work.Go(func() { errs[p] = r.remove(ctx, Proto(p), g) })
		}
	}
	work.Wait()
	return errors.Join(errs[:]...)
}

// anyPort draws one that no service has.
func anyPort(rand *rand.Rand) uint16 { return uint16(lowestPort + rand.IntN(1<<16-lowestPort)) }

// lowestPort is the lowest that is asked for: below are those of services.
const lowestPort = 1024
