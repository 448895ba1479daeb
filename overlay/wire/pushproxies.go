package wire

import (
	"net/netip"

	"filbert/overlay/wire/ggep"
)

// PushProxies is the extension of a trailer that tells through whom its servent
// can be asked to call: the first MaxPushProxies IPv4 addresses. ok is false if
// there is none.
func PushProxies(at []netip.AddrPort) (ext ggep.Extension, ok bool) {
	var list packedList
	for _, addr := range at {
		if addr.Addr().Unmap().Is4() && list.count < MaxPushProxies {
			list.add(PackedHost{Addr: addr})
		}
	}
	return ggep.Extension{ID: ggep.PushProxy, Data: list.list}, list.count > 0
}

// PushProxies reads the first MaxPushProxies of those a trailer tells; none if
// the list is malformed.
func (t *Trailer) PushProxies() []netip.AddrPort {
	exts, err := t.GGEP()
	e, ok := ggep.Lookup(exts, ggep.PushProxy)
	if err != nil || !ok {
		return nil
	}
	list := smallPayload(e, nil)
	if len(list)%packed4 != 0 {
		return nil
	}
	var at []netip.AddrPort
	for ; len(list) > 0 && len(at) < MaxPushProxies; list = list[packed4:] {
		at = append(at, addrPort4(list, list[4:]))
	}
	return at
}

// Target is where a push would have its servent connect: what a GGEP "6" says
// in place of the IPv4 address.
func (m *Push) Target() netip.AddrPort {
	e, _ := ggep.Find(m.Ext, ggep.IPv6)
	var buf [16]byte
	if ip, ok := netip.AddrFromSlice(smallPayload(e, buf[:0])); ok && ip.Is6() {
		return netip.AddrPortFrom(ip.Unmap(), m.Addr.Port())
	}
	return m.Addr
}

// NewPush asks a servent to connect to an address, of either family.
func NewPush(servent GUID, index uint32, to netip.AddrPort) *Push {
	m := &Push{Servent: servent, Index: index, Addr: to}
	if ip := to.Addr().Unmap(); ip.Is6() {
		m.Ext = ggep.AppendPlain(nil, ggep.Extension{ID: ggep.IPv6, Data: ip.AsSlice()})
	}
	return m
}
