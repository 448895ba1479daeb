package queue

import "net/netip"

// HostOf is who has an address as far as limits go. Addresses that are none,
// those of a pipe say, are one host.
func HostOf(addr netip.Addr) netip.Prefix { return prefix(addr, hostBits4, hostBits6) }

// networkOf is the network of an address, the zero Prefix for one that is not
// counted by network: who is in our own has it from us.
func networkOf(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap()
	if addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() {
		return netip.Prefix{}
	}
	return prefix(addr, networkBits4, networkBits6)
}

func prefix(addr netip.Addr, bits4, bits6 int) netip.Prefix {
	addr = addr.Unmap()
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	p, _ := addr.Prefix(bits) // the zero Prefix for the zero Addr
	return p
}
