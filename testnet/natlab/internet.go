package natlab

import (
	"net/netip"

	"filbert/node"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// internet has hosts behind NATs, or firewalls.
type internet interface {
	// host returns the network of a host behind such a box, and its address. The number tells it from others.
	host(k Kind, number byte) (node.Network, netip.Addr, error)

	Close() error
}

// public is where a box, or an open host, is seen. The numbers are networks of their own to who counts those.
func public(number byte, ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.AddrFrom16([16]byte{0x26, 0, 0, number, 7: 1, 15: 1})
	}
	return netip.AddrFrom4([4]byte{9, number, 1, 1})
}

// home is the address of a host behind a box.
func home(number byte, ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.AddrFrom16([16]byte{0x26, 0, 0, number, 15: 2})
	}
	return netip.AddrFrom4([4]byte{192, 168, number, 2})
}

// carried is the address of a box behind that of a carrier.
func carried(number byte) netip.Addr { return netip.AddrFrom4([4]byte{100, 64, number, 1}) }

// simulated is the fabric, where hosts are 40 ms from one another.
type simulated struct {
	*fabric.Net
	ipv6 bool
}

// newSimulated is called in a bubble.
func newSimulated(ipv6 bool) *simulated {
	return &simulated{fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(latency), Settle: bubble.Wait}), ipv6}
}

func (s *simulated) host(k Kind, number byte) (node.Network, netip.Addr, error) {
	outside, inside := public(number, s.ipv6), home(number, s.ipv6)
	switch {
	case k == Open:
		return s.Host(outside), outside, nil
	case s.ipv6:
		return s.Firewall(k.config()).Host(inside), inside, nil
	case k == CGNAT:
		return s.NAT(outside, fabric.CGNAT()).NAT(carried(number), k.config()).Host(inside), inside, nil
	}
	return s.NAT(outside, k.config()).Host(inside), inside, nil
}
