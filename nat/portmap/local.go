package portmap

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

var errNoAddress = errors.New("portmap: no global IPv6 address towards the router")

// localTowards is the address from which the system would send to a gateway. A
// router of IPv6 has a link-local address, from which nothing can be mapped: ours
// is a global one of the same interface then.
func localTowards(gateway netip.Addr) (netip.Addr, error) {
	if gateway.Is6() && gateway.IsLinkLocalUnicast() {
		return globalOf(gateway.Zone())
	}
	conn, err := net.Dial("udp", netip.AddrPortFrom(gateway, controlPort).String()) // nothing is sent
	if err != nil {
		return netip.Addr{}, fmt.Errorf("portmap: %w", err)
	}
	defer conn.Close()
	addr, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}, errNoAddress
	}
	return addr.AddrPort().Addr().Unmap(), nil
}

// globalOf is the first global address of an interface. Which of them are temporary
// (RFC 8981) the standard library does not tell; when it is another one, the ports
// are mapped anew.
func globalOf(name string) (netip.Addr, error) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("portmap: %w", err)
	}
	addrs, err := iface.Addrs()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("portmap: %w", err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && !p.Addr().Is4In6() && public(p.Addr()) {
			return p.Addr(), nil
		}
	}
	return netip.Addr{}, errNoAddress
}

// ends are the first and the last host of an IPv4 network.
func ends(p netip.Prefix) []netip.Addr {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return nil
	}
	first := p.Masked().Addr().As4()
	last := first
	for bit := p.Bits(); bit < 32; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	first[3]++
	last[3]--
	return []netip.Addr{netip.AddrFrom4(first), netip.AddrFrom4(last)}
}
