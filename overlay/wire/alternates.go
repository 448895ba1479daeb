package wire

import (
	"net/netip"

	"filbert/overlay/wire/ggep"
)

// Alternates is the extensions of a record that tell who else has the file: the
// first MaxAlternates addresses, of either family. None for none.
func Alternates(at []netip.AddrPort) []ggep.Extension {
	var list4, list6 packedList
	for _, addr := range at[:min(len(at), MaxAlternates)] {
		if addr.Addr().Unmap().Is4() {
			list4.add(PackedHost{Addr: addr})
		} else {
			list6.add(PackedHost{Addr: addr})
		}
	}
	return list6.append(list4.append(nil, ggep.Alternate, ggep.AlternateTLS), ggep.Alternate6, ggep.Alternate6TLS)
}

// ReadAlternates reads those in the extension area of a record, nothing if they
// are more than servents send: gtk-gnutella takes such a hit for spam.
func ReadAlternates(area []byte) []PackedHost {
	var hosts []PackedHost
	for x := range Extensions(area) {
		if x.Kind == ExtGGEP {
			hosts = unpackHosts(hosts, x.Raw, packed4, ggep.Alternate, ggep.AlternateTLS)
			hosts = unpackHosts(hosts, x.Raw, packed6, ggep.Alternate6, ggep.Alternate6TLS)
		}
	}
	if len(hosts) > spamAlternates {
		return nil
	}
	return hosts
}
