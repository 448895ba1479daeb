package lan

import (
	"net"
	"net/netip"
	"slices"

	"filbert/overlay/hostcache"
)

// place is an interface and the addresses on it at which the node is reached.
type place struct {
	iface net.Interface
	addrs []netip.Addr
}

func (p place) equal(q place) bool {
	return p.iface.Index == q.iface.Index && slices.Equal(p.addrs, q.addrs)
}

// places lists where a node that listens at an address is reached on local
// networks. One that listens everywhere is so on every interface that can
// multicast; loopback counts only for one that listens there.
func places(listen netip.Addr) ([]place, error) {
	ifaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []place
	for _, iface := range ifaces {
		if iface.Flags&net.FlagUp == 0 || len(out) == maxInterfaces {
			continue
		}
		everywhere := listen.IsUnspecified() && iface.Flags&net.FlagMulticast != 0 && iface.Flags&net.FlagLoopback == 0
		addrs, err := iface.Addrs()
		if err != nil {
			continue // it has gone meanwhile
		}
		p := place{iface: iface}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			addr := prefix.Addr().Unmap()
			suits := everywhere && (addr.Is4() || listen.Is6()) || addr == listen
			if suits && near(addr) && len(p.addrs) < maxAddrs {
				p.addrs = append(p.addrs, addr)
			}
		}
		if len(p.addrs) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// near reports whether an address is of a local network. Those of IPv6 that need
// a zone are not: a zone means nothing to others.
func near(addr netip.Addr) bool {
	switch hostcache.Class(addr) {
	case hostcache.Loopback, hostcache.Private:
		return addr.Zone() == ""
	case hostcache.LinkLocal:
		return addr.Is4()
	}
	return false
}
