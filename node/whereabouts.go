package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"filbert/node/events"
)

// whereabouts tells whether this machine is still where it was, by looks at its addresses.
type whereabouts struct {
	known []netip.Prefix // at the last look that found any: IPv4 addresses, IPv6 networks
	gone  time.Time      // since when it has none; zero: it has
	slept time.Duration  // meanwhile
}

// change is what came of a look.
type change uint8

// The changes. Doubtful is one that connections may have survived.
const (
	stays change = iota
	doubtful
	elsewhere
)

// look takes the addresses that the machine has now, and how long it slept since the last
// look. used reports whether connections of ours are by an address.
func (w *whereabouts) look(now time.Time, slept time.Duration, own []netip.Prefix, used func(netip.Addr) bool) change {
	nets := networksOf(own)
	first := w.known == nil
	w.slept += slept
	if len(nets) == 0 {
		if w.gone.IsZero() {
			w.gone = now
		}
		return stays // there is nothing that it could do
	}
	away := w.slept
	if !w.gone.IsZero() {
		away += now.Sub(w.gone)
	}
	was := w.known
	w.known, w.gone, w.slept = nets, time.Time{}, 0
	if first {
		return stays
	}
	kept, inUse := 0, false
	for _, p := range was {
		switch {
		case slices.Contains(nets, p):
			kept++
		case !inUse:
			inUse = used(p.Addr())
		}
	}
	switch {
	case away >= longAway, kept == 0, inUse:
		return elsewhere
	case away >= shortAway, kept < len(was), kept < len(nets):
		return doubtful
	}
	return stays
}

// networksOf is what of addresses tells networks apart. IPv6 ones change within a network
// from time to time (RFC 8981).
func networksOf(own []netip.Prefix) (nets []netip.Prefix) {
	for _, p := range own {
		a := p.Addr()
		if a.IsLoopback() || a.IsLinkLocalUnicast() {
			continue
		}
		p = netip.PrefixFrom(a, a.BitLen())
		if a.Is6() {
			p = netip.PrefixFrom(a, networkBits6).Masked()
		}
		if !slices.Contains(nets, p) {
			nets = append(nets, p)
		}
	}
	return nets
}

// addresses is a network that tells the addresses of this machine there.
type addresses interface {
	Addrs() ([]netip.Prefix, error)
}

// Addrs lists the addresses of this machine, but those of loopback.
func (*System) Addrs() (own []netip.Prefix, err error) {
	addrs, err := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLoopback() {
			own = append(own, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()))
		}
	}
	return own, err
}

// keepWhereabouts looks whether the machine has come to another network, or slept, until ctx
// ends.
func (n *Node) keepWhereabouts(ctx context.Context) error {
	network, ok := n.cfg.Network.(addresses)
	if !ok || n.addr.Addr().IsLoopback() {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(whereaboutsPeriod)
	defer tick.Stop()
	last, w := time.Now(), whereabouts{}
	for {
		own, err := network.Addrs()
		now := time.Now()
		slept := now.Round(0).Sub(last.Round(0)) - now.Sub(last) // the clock of the wall goes on
		last = now
		switch change := w.look(now, slept, own, n.router.From); {
		case err != nil:
			n.log.Debug().Err(err).Msg("own addresses are not known")
		case change == elsewhere:
			n.elsewhere()
		case change == doubtful:
			n.log.Info().Msg("the addresses of this machine changed: neighbors are asked whether they are still there")
			n.anew(n.overlay.Doubt())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// elsewhere takes it that this machine is on another network: nothing of what was found out
// is true any more, and connections by addresses that it has no longer are dead.
func (n *Node) elsewhere() {
	n.log.Info().Msg("this machine is on another network")
	err := n.overlay.Moved()
	n.rehomed.Store(true)
	n.public.forget()
	n.relays.leaveAll("this machine is on another network")
	n.punches.leave()
	if n.groups.packets != nil {
		n.groups.packets.leave()
	}
	own := n.ownAddrs()
	n.events.Add(events.Event{Kind: events.AddressChanged, Who: fmt.Sprint(own), Cause: "this machine is on another network"})
	n.router.Strand(func(a netip.Addr) bool { return a.IsLoopback() || slices.Contains(own, a) })
	n.anew(err)
}

// anew asks again how others see us and the router for its port, and tries what failed. Err
// is that of telling the overlay before.
func (n *Node) anew(err error) {
	if err = errors.Join(err, n.overlay.Retry()); err != nil {
		n.log.Debug().Err(err).Msg("another network is not told") // it has ended, and we are about to
	}
	n.ladder.Forget()
	n.stuns.again()
	if n.mapper != nil {
		n.mapper.Refresh()
	}
	if n.downloads != nil {
		n.downloads.Retry()
	}
	n.spaces.Retry()
}
