package wire

import (
	"net/netip"

	"filbert/overlay/wire/ggep"
)

// no4 stands in the IPv4 field of a servent that has an IPv6 address only; GGEP
// "6" tells that one.
var no4 = netip.AddrFrom4([4]byte{127, 0, 0, 0})

// Payloads of GGEP I6 in a query: what addresses its originator can reach.
const wantIPv6Only = 1

// IPv6 returns the extension that tells an IPv6 address.
func IPv6(addr netip.Addr) ggep.Extension {
	ip := addr.As16()
	return ggep.Extension{ID: ggep.IPv6, Data: ip[:]}
}

// WantIPv6 returns the extension of a query whose originator reaches IPv6
// addresses, only such if that is so.
func WantIPv6(only bool) ggep.Extension {
	e := ggep.Extension{ID: ggep.WantIPv6}
	if only {
		e.Data = []byte{wantIPv6Only}
	}
	return e
}

// parseIPv6 reads the address of an extension "6"; the invalid one if it has
// none.
func parseIPv6(e ggep.Extension) netip.Addr {
	var buf [packed6]byte
	data := smallPayload(e, buf[:0])
	if len(data) < 16 {
		return netip.Addr{}
	}
	ip := netip.AddrFrom16([16]byte(data[:16]))
	if ip.Is4In6() {
		return netip.Addr{}
	}
	return ip
}

// tell6 puts the IPv6 address of a block in place of an IPv4 address that
// stands for none.
func tell6(addr netip.AddrPort, block []byte) netip.AddrPort {
	if addr.Addr() != no4 {
		return addr
	}
	if e, ok := ggep.Find(block, ggep.IPv6); ok {
		if ip := parseIPv6(e); ip.IsValid() {
			return netip.AddrPortFrom(ip, addr.Port())
		}
	}
	return addr
}

// NewPong makes a pong of a host at addr, which info need not repeat.
func NewPong(addr netip.AddrPort, files, kib uint32, info HostInfo) *Pong {
	m := &Pong{Addr: addr, Files: files, KiB: kib}
	if ip := addr.Addr().Unmap(); ip.Is6() {
		info.IPv6 = ip
	}
	m.Ext = info.AppendTo(nil)
	return m
}

// Move says that the host of the pong is at addr.
func (m *Pong) Move(addr netip.AddrPort) {
	m.Addr = addr
	if info := m.Info(); addr.Addr().Is6() && info.IPv6 != addr.Addr() {
		*m = *NewPong(addr, m.Files, m.KiB, info)
	}
}

// IPv6 is the IPv6 address of the servent, whatever its IPv4 address; the
// invalid one if it tells none.
func (m *QueryHit) IPv6() netip.Addr {
	if !m.Trailer.Has(HitGGEP) {
		return netip.Addr{}
	}
	if e, ok := ggep.Find(m.Trailer.block(), ggep.IPv6); ok {
		return parseIPv6(e)
	}
	return netip.Addr{}
}

// AddGGEP puts extensions into the GGEP block of an extension area, which need
// not have one yet. Extensions of the same names that were there go.
func AddGGEP(area []byte, exts ...ggep.Extension) []byte {
	var out []byte
	var all []ggep.Extension
	for x := range Extensions(area) {
		if x.Kind == ExtGGEP {
			have, _, _ := ggep.Parse(x.Raw) // it would not be one if it did not parse
			for _, e := range have {
				if _, again := ggep.Lookup(exts, e.ID); !again {
					all = append(all, e)
				}
			}
			continue
		}
		out = append(appendSeparator(out), x.Raw...)
	}
	return AppendGGEP(out, append(all, exts...)...)
}
