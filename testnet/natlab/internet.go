package natlab

import (
	"net/netip"

	"filbert/node"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// internet has hosts behind NATs, or firewalls.
type internet interface {
	// host returns the network of a host behind such a box, and its address.
	host(k Kind, at spot) (node.Network, netip.Addr, error)

	Close() error
}

// spot is where a host is.
type spot struct {
	number  byte // of the box, or of an open host, which tells it from others
	shared  bool // there will be two hosts behind the box
	second  bool // it is the other
	hairpin bool // whoever is behind the box reaches the others by their outer addresses
}

// public is where a box, or an open host, is seen. The numbers are networks of their own to who counts those.
func public(number byte, ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.AddrFrom16([16]byte{0x26, 0, 0, number, 7: 1, 15: 1})
	}
	return netip.AddrFrom4([4]byte{9, number, 1, 1})
}

// home is the address of a host behind a box.
func home(at spot, ipv6 bool) netip.Addr {
	last := byte(2)
	if at.second {
		last++
	}
	if ipv6 {
		return netip.AddrFrom16([16]byte{0x26, 0, 0, at.number, 15: last})
	}
	return netip.AddrFrom4([4]byte{192, 168, at.number, last})
}

// carried is the address of a box behind that of a carrier.
func carried(at spot) netip.Addr {
	if at.second {
		return netip.AddrFrom4([4]byte{100, 64, at.number, 2})
	}
	return netip.AddrFrom4([4]byte{100, 64, at.number, 1})
}

// gatewayOf is the address of a box on the side of its hosts.
func gatewayOf(number byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 168, number, 1}) }

// otherHome is the address of a host behind the second box of a carrier.
func otherHome(number byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 168, 128 + number, 2}) }

// simulated is the fabric, where hosts are 40 ms from one another, those behind the same box too.
type simulated struct {
	*fabric.Net
	ipv6  bool
	boxes map[byte]*fabric.NAT // the outermost, by number
	pcp   []*gateway
}

// newSimulated is called in a bubble.
func newSimulated(ipv6 bool) *simulated {
	return &simulated{
		Net:  fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(latency), Settle: bubble.Wait}),
		ipv6: ipv6, boxes: make(map[byte]*fabric.NAT),
	}
}

// Close ends the internet with its routers.
func (s *simulated) Close() error {
	for _, g := range s.pcp {
		g.close()
	}
	return s.Net.Close()
}

func (s *simulated) host(k Kind, at spot) (node.Network, netip.Addr, error) {
	outside, inside := public(at.number, s.ipv6), home(at, s.ipv6)
	switch {
	case k == Open:
		return s.Host(outside), outside, nil
	case s.ipv6:
		return s.Firewall(k.config()).Host(inside), inside, nil
	}
	box := s.boxes[at.number]
	if !at.second {
		cfg := k.config()
		if k == CGNAT {
			cfg = fabric.CGNAT()
		}
		cfg.Hairpin = at.hairpin
		box = s.NAT(outside, cfg)
		s.boxes[at.number] = box
	}
	if k == CGNAT { // another home of the carrier's
		if at.second {
			inside = otherHome(at.number)
		}
		box = box.NAT(carried(at), k.config())
	}
	if k == Mapped && !at.second {
		g, err := newGateway(box, gatewayOf(at.number))
		if err != nil {
			return nil, inside, err
		}
		s.pcp = append(s.pcp, g)
	}
	return box.Host(inside), inside, nil
}
