package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"filbert/nat/portmap"
	"filbert/node/doctor"
	"filbert/node/events"
)

// openMapping prepares to have the router forward our port.
func (n *Node) openMapping() {
	if !n.cfg.MapPort {
		return
	}
	if n.addr.Addr().IsLoopback() {
		n.log.Warn().Msg("the port is not mapped: the node listens on this machine alone")
		return
	}
	cfg := portmap.Config{
		Port: n.addr.Port(), ListenPacket: n.cfg.Network.ListenPacket, Dial: n.cfg.Network.DialContext,
		Verify: n.verifyMapping, Rand: n.cfg.child(), Log: n.log,
	}
	if sim, ok := n.cfg.Network.(interface {
		Gateways() ([]netip.Addr, error)
	}); ok { // the machine's own are not those of a simulated network
		cfg.Gateways = sim.Gateways
		cfg.Local = func(netip.Addr) (netip.Addr, error) {
			if own := n.ownAddrs(); len(own) > 0 {
				return own[0], nil
			}
			return netip.Addr{}, errors.New("node: this machine has no address")
		}
	}
	n.mapper = portmap.New(cfg)
}

// verifyMapping has neighbors call us, and returns nil once one got through to what
// is mapped. What the network is told of us depends on their calls alone.
func (n *Node) verifyMapping(ctx context.Context, external netip.AddrPort, proto portmap.Proto) error {
	if external.Port() != n.addr.Port() {
		return fmt.Errorf("node: the router gave port %d, and neighbors are told %d", external.Port(), n.addr.Port())
	}
	if err := n.overlay.Recheck(); err != nil {
		return err
	}
	tick := time.NewTicker(verifyPeriod)
	defer tick.Stop()
	for {
		o, err := n.overlay.Status(ctx)
		if err != nil {
			return err
		}
		why := errors.New("node: no neighbor got through")
		switch seen := o.External; {
		case seen.IsValid() && seen.Is4() == external.Addr().Is4() && seen != external.Addr():
			why = fmt.Errorf("node: the router says %v, and others see %v: another NAT may be in between", external.Addr(), seen)
		case proto == portmap.TCP && o.TCP.Open, proto == portmap.UDP && o.UDP.Open:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(why, ctx.Err())
		}
	}
}

// keepMapping has ports of the router lead here, and tells the overlay where from
// while they do.
func (n *Node) keepMapping(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	told, was, leases := netip.Addr{}, netip.Addr{}, ""
	ended := make(chan error, 1)
	work.Go(func() { ended <- n.mapper.Run(ctx) })
	for {
		select {
		case <-n.mapper.Changed():
		case err := <-ended:
			return err
		}
		if n.rehomed.Swap(false) {
			was, told = netip.Addr{}, netip.Addr{} // of another router; the overlay knows
		}
		leases = n.mappingChanged(leases)
		if at := n.leasedAddr(); at.IsValid() && at != was {
			if was.IsValid() {
				n.movedTo(was, at)
				told = netip.Addr{}
			}
			was = at
		}
		if open := n.mappedAddr(); open != told {
			told = open
			if err := n.overlay.SetMapped(open); err != nil {
				n.log.Debug().Err(err).Msg("mapped address is not told") // it has ended, and we are about to
			}
		}
	}
}

// mappingChanged writes down whether the router leads here, if that is new. Was and what it returns
// say which of its ports do.
func (n *Node) mappingChanged(was string) (is string) {
	s := n.mapper.Snapshot()
	var ports []string
	for _, l := range s.Leases {
		ports = append(ports, fmt.Sprintf("%v port %d of %v, by %v", l.Proto, l.External.Port(), l.Router, l.Method))
	}
	slices.Sort(ports)
	switch is = strings.Join(ports, "; "); {
	case is != "" && is != was:
		n.events.Add(events.Event{Kind: events.MappingMade, Who: is, Cause: "the router said so"})
	case is == "" && was != "":
		n.events.Add(events.Event{Kind: events.MappingLost, Who: was, Cause: cmp.Or(s.Failure, "the router gives it no more")})
	}
	return is
}

// movedTo takes it that the router has another address now.
func (n *Node) movedTo(was, at netip.Addr) {
	n.log.Info().Stringer("address", at).Msg("the router has another address")
	happened{&n.events}.address(was, at, "the router says so")
	if err := n.overlay.Moved(); err != nil {
		n.log.Debug().Err(err).Msg("another address is not told") // it has ended, and we are about to
	}
	n.stuns.again()
	n.relays.leaveAll("our address is another") // they are by the one before
}

// leasedAddr is the IPv4 address of a router that gave us a port, whether somebody got
// through or not; the invalid one if there is none.
func (n *Node) leasedAddr() netip.Addr {
	for _, l := range n.mapper.Leases() {
		if l.External.Addr().Is4() {
			return l.External.Addr()
		}
	}
	return netip.Addr{}
}

// mappedAddr is the IPv4 address of a router that forwards our port from the same
// port, the invalid one if nobody outside has got through. IPv6 is not translated:
// neighbors see us where we are.
func (n *Node) mappedAddr() netip.Addr {
	for _, l := range n.mapper.Leases() {
		if l.Proto == portmap.TCP && l.Open() && l.External.Addr().Is4() && l.External.Port() == n.addr.Port() {
			return l.External.Addr()
		}
	}
	return netip.Addr{}
}

// mapping is what the router does for us.
func (n *Node) mapping() doctor.Mapping {
	if n.mapper == nil {
		return doctor.Mapping{}
	}
	s := n.mapper.Snapshot()
	m := doctor.Mapping{On: true, CGNAT: s.BehindCGNAT, Failure: s.Failure}
	for _, l := range s.Leases {
		if m.Lease == "" || l.Open() && !m.Open {
			m.Lease = fmt.Sprintf("%v leads port %d here, by %v", l.Router, l.External.Port(), l.Method)
			m.Open = l.Open()
		}
	}
	return m
}
