package hostcache

import (
	"net/netip"
	"strconv"
)

// Scope is how far an address reaches. The local scopes are in order, narrowest
// first.
type Scope uint8

const (
	Bogon         Scope = iota // no host of the public network can have it
	Documentation              // RFC 5737, 3849, 9637: laboratories only
	Loopback
	LinkLocal
	Private
	Global
)

var scopeNames = [...]string{"bogon", "documentation", "loopback", "link-local", "private", "global"}

func (s Scope) String() string {
	if int(s) < len(scopeNames) {
		return scopeNames[s]
	}
	return "Scope(" + strconv.Itoa(int(s)) + ")"
}

// Local reports whether addresses of the scope are of no public network, where
// networks say nothing about owners: loopback, link-local, private, and those
// of laboratories.
func (s Scope) Local() bool { return s >= Documentation && s <= Private }

// Class returns the scope of an address; an IPv4-mapped one is its IPv4 address.
// Shared address space (RFC 6598), benchmarking (RFC 2544), multicast, reserved
// and unassigned space and tunnels to such addresses are bogons.
func Class(addr netip.Addr) Scope {
	addr = addr.Unmap()
	switch {
	case addr.Is4():
		return class4(addr.As4())
	case addr.Is6():
		return class6(addr.As16())
	}
	return Bogon
}

func class4(a [4]byte) Scope {
	switch {
	case a[0] == 0, a[0] >= 224:
		return Bogon
	case a[0] == 10, a[0] == 172 && a[1]&0xF0 == 16, a[0] == 192 && a[1] == 168:
		return Private
	case a[0] == 100 && a[1]&0xC0 == 64, a[0] == 198 && a[1]&0xFE == 18:
		return Bogon // carriers' NAT, benchmarks
	case a[0] == 127:
		return Loopback
	case a[0] == 169 && a[1] == 254:
		return LinkLocal
	case a[0] == 192 && a[1] == 0 && a[2] == 2, a[0] == 198 && a[1] == 51 && a[2] == 100,
		a[0] == 203 && a[1] == 0 && a[2] == 113:
		return Documentation
	case a[0] == 192 && a[1] == 0 && a[2] == 0, a[0] == 192 && a[1] == 88 && a[2] == 99:
		return Bogon // protocol assignments, 6to4 relays
	}
	return Global
}

func class6(a [16]byte) Scope {
	switch {
	case a == [16]byte{15: 1}:
		return Loopback
	case a[0] == 0xFE && a[1]&0xC0 == 0x80:
		return LinkLocal
	case a[0]&0xFE == 0xFC:
		return Private
	case a[0]&0xE0 != 0x20:
		return Bogon // only 2000::/3 is assigned to hosts
	case a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0D && a[3] == 0xB8, a[0] == 0x3F && a[1] == 0xFF && a[2]&0xF0 == 0:
		return Documentation
	case a[0] == 0x20 && a[1] == 0x01 && a[2]&0xFE == 0:
		return Bogon // protocol assignments, Teredo among them
	case a[0] == 0x20 && a[1] == 0x02:
		if class4([4]byte(a[2:6])) != Global {
			return Bogon // 6to4 of no public host
		}
	}
	return Global
}

// Net returns the network of an address as one owner usually has it: its /24,
// for IPv6 its /48.
func Net(addr netip.Addr) netip.Prefix { return prefix(addr.Unmap(), netBits4, netBits6) }

// Group returns the network that counts as one observer, or as one source of hosts,
// since whoever has one address of it may have many: its /16, for IPv6 its /32.
func Group(addr netip.Addr) netip.Prefix { return prefix(addr.Unmap(), groupBits4, groupBits6) }

// prefix is the zero prefix for the zero address.
func prefix(addr netip.Addr, bits4, bits6 int) netip.Prefix {
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	p, _ := addr.WithZone("").Prefix(bits) // fails for the zero address only
	return p
}
