package wire

import (
	"encoding/binary"
	"net/netip"

	"filbert/overlay/wire/ggep"
)

const (
	packed4 = 4 + 2  // IPv4 BE, port LE
	packed6 = 16 + 2 // IPv6 BE, port LE
)

// PackedHost is one entry of the GGEP lists IPP and IPP6.
type PackedHost struct {
	Addr netip.AddrPort
	TLS  bool // IPP_TLS, IPP6_TLS: speaks TLS
}

// unpackHosts appends the entries, size bytes each, of the list called id in a
// GGEP block; nothing if it is malformed. IPv4 addresses in the guise of IPv6
// ones are left out: the filters of either kind would miss them. A bitmap called idTLS goes with the
// list: a bit per entry, the first on top, missing bytes zero.
func unpackHosts(hosts []PackedHost, block []byte, size int, id, idTLS string) []PackedHost {
	e, _ := ggep.Find(block, id)
	list, err := e.Payload()
	if err != nil || len(list)%size != 0 {
		return hosts
	}
	e, _ = ggep.Find(block, idTLS)
	bits := smallPayload(e, nil)
	for i := range min(len(list)/size, MaxPackedHosts) {
		entry := list[i*size : (i+1)*size]
		ip, _ := netip.AddrFromSlice(entry[:size-2])
		if ip.Is4In6() {
			continue
		}
		hosts = append(hosts, PackedHost{
			Addr: netip.AddrPortFrom(ip, binary.LittleEndian.Uint16(entry[size-2:])),
			TLS:  i/8 < len(bits) && bits[i/8]<<(i%8)&0x80 != 0,
		})
	}
	return hosts
}

// unpackHost reads one packed address of either family; the zero AddrPort for
// anything else.
func unpackHost(b []byte) netip.AddrPort {
	if len(b) != packed4 && len(b) != packed6 {
		return netip.AddrPort{}
	}
	ip, _ := netip.AddrFromSlice(b[:len(b)-2])
	if ip.Is4In6() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip, binary.LittleEndian.Uint16(b[len(b)-2:]))
}

func appendPackedHost(b []byte, a netip.AddrPort) []byte {
	b = append(b, a.Addr().Unmap().AsSlice()...)
	return binary.LittleEndian.AppendUint16(b, a.Port())
}

// packedList is a list to be sent, of one address family, with its bitmap.
type packedList struct {
	count      int
	list, bits []byte
}

func (l *packedList) add(host PackedHost) {
	l.list = appendPackedHost(l.list, host.Addr)
	if host.TLS {
		for len(l.bits) <= l.count/8 {
			l.bits = append(l.bits, 0)
		}
		l.bits[l.count/8] |= 0x80 >> (l.count % 8)
	}
	l.count++
}

// append appends the extensions of a list that has entries.
func (l *packedList) append(exts []ggep.Extension, id, idTLS string) []ggep.Extension {
	if len(l.list) > 0 {
		exts = append(exts, ggep.Extension{ID: id, Data: l.list})
	}
	if len(l.bits) > 0 {
		exts = append(exts, ggep.Extension{ID: idTLS, Data: l.bits})
	}
	return exts
}
