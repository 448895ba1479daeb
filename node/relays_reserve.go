package node

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"filbert/nat/relay"
	"filbert/node/events"
	"filbert/overlay"
	"filbert/overlay/wire"
)

// reserve sees to it that there are reservations at as many neighbors as are wanted.
func (r *relays) reserve(ctx context.Context, circuits *sync.WaitGroup, neighbors []overlay.Neighbor, wanted int) {
	now := time.Now()
	var choice []relay.Candidate
	var held []netip.AddrPort
	r.mu.Lock()
	for at, l := range r.held {
		select {
		case <-l.Done():
			delete(r.held, at)
			r.fail(now, at)
			if err := r.overlay.Doubt(); err != nil {
				r.log.Debug().Err(err).Msg("a lost reservation is not told") // the overlay has ended, and we are about to
			}
		default:
			held = append(held, at)
		}
	}
	known := map[netip.AddrPort]bool{}
	for i := range neighbors {
		at, ok := listensAt(&neighbors[i])
		if !ok {
			continue
		}
		known[at] = true
		if _, reserved := r.held[at]; neighbors[i].Relays && !reserved {
			choice = append(choice, relay.Candidate{Addr: at, Reachable: true, RTT: neighbors[i].RTT, Retry: r.failed[at].retry})
		}
	}
	held = r.spareLocked(held, wanted)
	for at := range r.failed {
		if !known[at] {
			delete(r.failed, at)
		}
	}
	r.mu.Unlock()

	var asking sync.WaitGroup
	defer asking.Wait()
	for _, at := range relay.Choose(now, choice, held, wanted) {
		asking.Go(func() {
			l, err := r.client.Listen(ctx, at, relay.ListenConfig{TLS: r.tls})
			r.mu.Lock()
			defer r.mu.Unlock()
			if err != nil {
				r.fail(time.Now(), at)
				r.log.Debug().Err(err).Stringer("relay", at).Msg("no reservation")
				return
			}
			delete(r.failed, at)
			r.held[at] = l
			circuits.Go(func() { r.acceptCircuits(ctx, circuits, l) })
			r.log.Info().Stringer("relay", at).Msg("others reach us over a relay")
			r.happened.relay(events.RelayReserved, at.String(), "others cannot connect to us")
		})
	}
}

// spareLocked ends reservations that are no longer wanted.
func (r *relays) spareLocked(held []netip.AddrPort, wanted int) []netip.AddrPort {
	slices.SortFunc(held, netip.AddrPort.Compare)
	for len(held) > wanted {
		at := held[len(held)-1]
		held = held[:len(held)-1]
		r.held[at].Close()
		delete(r.held, at)
	}
	return held
}

// fail notes that there is no reservation at a relay; the caller holds mu.
func (r *relays) fail(now time.Time, at netip.AddrPort) {
	f := r.failed[at]
	f.count++
	f.retry = now.Add(relay.RetryAfter(f.count))
	r.failed[at] = f
}

// leaveAll ends all reservations.
func (r *relays) leaveAll(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, l := range r.held {
		l.Close()
		delete(r.held, at)
		r.happened.relay(events.RelayLost, at.String(), why)
	}
	clear(r.failed)
}

// relayed is what the network is told of us: how we are reached over relays, and the
// same as a text.
func (r *relays) relayed() (at wire.Relayed, text string) {
	at.At = r.reservations()
	if len(at.At) == 0 {
		return wire.Relayed{}, ""
	}
	at.Peer = r.id.PeerID()
	for _, a := range at.At {
		text += a.String() + " "
	}
	return at, text
}

// reservations is the relays that lead to us.
func (r *relays) reservations() (at []netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for a, l := range r.held {
		select {
		case <-l.Done():
		default:
			at = append(at, a)
		}
	}
	slices.SortFunc(at, netip.AddrPort.Compare)
	return at
}
