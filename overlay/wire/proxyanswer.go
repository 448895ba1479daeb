package wire

import (
	"encoding/binary"
	"net/netip"
)

// NewProxyAnswer accepts to be the push proxy of a neighbor and says where it is
// reached by those who want the neighbor to call them. An address that is not
// IPv4 is left out (version 1): it is then the one of the connection.
//
//	+--------------+------+
//	| IPv4 BE (v2) | port |
//	| 4            | 2 LE |
//	+--------------+------+
func NewProxyAnswer(at netip.AddrPort) *Vendor {
	port := binary.LittleEndian.AppendUint16(nil, at.Port())
	if ip := at.Addr().Unmap(); ip.Is4() {
		return &Vendor{ID: VendorProxyAnswer2, Data: append(ip.AsSlice(), port...)}
	}
	return &Vendor{ID: VendorProxyAnswer, Data: port}
}

// ProxyAnswer reads the data of a VendorProxyAnswer or VendorProxyAnswer2; the
// address is invalid when it is not told.
func (m *Vendor) ProxyAnswer() (ip netip.Addr, port uint16, err error) {
	data := m.Data
	if m.ID == VendorProxyAnswer2 && len(data) >= 4 {
		ip, data = netip.AddrFrom4([4]byte(data)), data[4:]
	}
	if len(data) < 2 || m.ID == VendorProxyAnswer2 && !ip.IsValid() {
		return netip.Addr{}, 0, malformed(m.Type(), "address", vendorIDLen, reasonShort)
	}
	return ip, binary.LittleEndian.Uint16(data), nil
}
