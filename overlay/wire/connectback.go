package wire

import (
	"encoding/binary"
	"net/netip"
)

// NewTCPConnectBack asks a neighbor to connect to a port of the address it sees
// its sender at, and to write an empty line.
//
//	+------+
//	| port |
//	| 2 LE |
//	+------+
func NewTCPConnectBack(port uint16) *Vendor {
	return &Vendor{ID: VendorTCPConnectBack, Data: binary.LittleEndian.AppendUint16(nil, port)}
}

// NewUDPConnectBack asks a neighbor for a UDP ping with a GUID, to a port of the
// address it sees its sender at. Version 2 has the GUID in the message's header
// instead of the data.
//
//	+------+----------------+
//	| port | GUID (v1 only) |
//	| 2 LE | 16             |
//	+------+----------------+
func NewUDPConnectBack(id VendorID, port uint16, ping GUID) *Vendor {
	data := binary.LittleEndian.AppendUint16(nil, port)
	if id == VendorUDPConnectBack {
		data = append(data, ping[:]...)
	}
	return &Vendor{ID: id, Data: data}
}

// ConnectBack reads the data of a VendorTCPConnectBack, VendorUDPConnectBack or
// VendorUDPConnectBack2, whose message has the GUID muid: the port, and for the
// latter two the GUID of the ping.
func (m *Vendor) ConnectBack(muid GUID) (port uint16, ping GUID, err error) {
	if len(m.Data) < 2 {
		return 0, GUID{}, malformed(m.Type(), "port", vendorIDLen, reasonShort)
	}
	port = binary.LittleEndian.Uint16(m.Data)
	if m.ID != VendorUDPConnectBack {
		return port, muid, nil
	}
	if len(m.Data) < 2+serventLen {
		return 0, GUID{}, malformed(m.Type(), "guid", vendorIDLen+2, reasonShort)
	}
	return port, GUID(m.Data[2:]), nil
}

// Redirect reads the data of a VendorRedirect: whom the sender would have us
// connect to.
//
//	+---------+------+
//	| IPv4 BE | port |
//	| 4       | 2 LE |
//	+---------+------+
func (m *Vendor) Redirect() (netip.AddrPort, error) {
	if len(m.Data) < packed4 {
		return netip.AddrPort{}, malformed(m.Type(), "address", vendorIDLen, reasonShort)
	}
	return addrPort4(m.Data, m.Data[4:]), nil
}
