package wire

import (
	"encoding/binary"
	"net/netip"
)

// appendIP4 appends the four bytes of an IPv4 field: 127.0.0.0 for an IPv6
// address, which a GGEP "6" has to tell, and 0.0.0.0 for none.
func appendIP4(b []byte, a netip.Addr) []byte {
	a = a.Unmap()
	if a.Is6() {
		return append(b, 127, 0, 0, 0)
	}
	if !a.IsValid() {
		return append(b, 0, 0, 0, 0)
	}
	ip := a.As4()
	return append(b, ip[:]...)
}

// addrPort4 reads an IPv4 field and a port field, LE16, which need not follow
// one another.
func addrPort4(ip, port []byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[:4])), binary.LittleEndian.Uint16(port))
}
