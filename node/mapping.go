package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"filbert/nat/portmap"
	"filbert/node/doctor"
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
	n.mapper = portmap.New(portmap.Config{
		Port: n.addr.Port(), ListenPacket: n.cfg.Network.ListenPacket, Dial: n.cfg.Network.DialContext,
		Verify: n.verifyMapping, Rand: n.cfg.child(), Log: n.log,
	})
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
		switch seen := o.External; {
		case seen.IsValid() && seen.Is4() == external.Addr().Is4() && seen != external.Addr():
			return fmt.Errorf("node: the router says %v, and others see %v: another NAT is in between", external.Addr(), seen)
		case proto == portmap.TCP && o.TCP.Open, proto == portmap.UDP && o.UDP.Open:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(errors.New("node: no neighbor got through"), ctx.Err())
		}
	}
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
