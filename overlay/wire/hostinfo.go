package wire

import (
	"net/netip"
	"time"

	"filbert/overlay/wire/ggep"
)

// HostInfo is what the GGEP block of a pong tells beyond the fixed part, as far
// as this node understands it. Zero values stand for what is not told.
type HostInfo struct {
	Vendor       VendorCode    // VC
	Major, Minor uint8         // VC, 0–15 each
	Uptime       time.Duration // DU: mean daily uptime, whole seconds
	GUESS        uint8         // GUE: version major<<4|minor

	Ultrapeer bool  // UP is there
	Leaves    uint8 // UP: free leaf slots
	Ultras    uint8 // UP: free ultrapeer slots

	TLS           bool         // TLS: accepts TLS
	IPv6          netip.Addr   // 6: the host's IPv6 address, on the port of the pong
	Hosts         []PackedHost // IPP, IPP6: other hosts, IPv4 ones first
	HostCache     bool         // UDPHC: is a UDP host cache …
	HostCacheName string       // … with this DNS name, if any

	Seen     netip.AddrPort // IP: where the asker is seen
	QueryKey []byte         // QK: the asker's key for GUESS queries; of a received pong it aliases its Ext
}

// Info reads the extensions of the pong; what is missing or malformed stays
// zero. At most MaxPackedHosts are taken from each of the two lists.
func (m *Pong) Info() HostInfo {
	var h HostInfo
	var buf [packed6]byte
	get := func(id string) (data []byte, ok bool) {
		e, ok := ggep.Find(m.Ext, id)
		return smallPayload(e, buf[:0]), ok
	}
	if data, _ := get(ggep.VC); len(data) >= 5 && VendorCode(data[:4]).valid() {
		h.Vendor, h.Major, h.Minor = VendorCode(data[:4]), data[4]>>4, data[4]&0x0F
	}
	if data, _ := get(ggep.DU); len(data) <= 4 {
		seconds, _ := ParseVL(data)
		h.Uptime = time.Duration(seconds) * time.Second
	}
	if data, _ := get(ggep.GUE); len(data) > 0 {
		h.GUESS = data[0]
	}
	data, ok := get(ggep.UP)
	if h.Ultrapeer = ok; len(data) >= 3 {
		h.Leaves, h.Ultras = data[1], data[2]
	}
	_, h.TLS = get(ggep.TLS)
	if e, ok := ggep.Find(m.Ext, ggep.IPv6); ok {
		h.IPv6 = parseIPv6(e)
	}
	data, h.HostCache = get(ggep.UDPHC)
	h.HostCacheName = string(data)
	data, _ = get(ggep.IP)
	h.Seen = unpackHost(data)
	if e, ok := ggep.Find(m.Ext, ggep.QK); ok {
		if data := smallPayload(e, nil); len(data) <= MaxQueryKey {
			h.QueryKey = data
		}
	}
	h.Hosts = unpackHosts(nil, m.Ext, packed4, ggep.IPP, ggep.IPPTLS)
	h.Hosts = unpackHosts(h.Hosts, m.Ext, packed6, ggep.IPP6, ggep.IPP6TLS)
	return h
}

// AppendTo appends the GGEP block that tells h, ready to be a pong's Ext;
// nothing if there is nothing to tell.
func (h HostInfo) AppendTo(b []byte) []byte {
	var exts []ggep.Extension
	add := func(id string, data ...byte) {
		exts = append(exts, ggep.Extension{ID: id, Data: data})
	}
	if h.Uptime > 0 {
		add(ggep.DU, AppendVL(nil, uint64(h.Uptime/time.Second))...)
	}
	if h.GUESS != 0 {
		add(ggep.GUE, h.GUESS)
	}
	if h.Ultrapeer {
		add(ggep.UP, 1, h.Leaves, h.Ultras)
	}
	if h.Vendor != (VendorCode{}) {
		add(ggep.VC, h.Vendor[0], h.Vendor[1], h.Vendor[2], h.Vendor[3], h.Major<<4|h.Minor&0x0F)
	}
	if h.TLS {
		add(ggep.TLS)
	}
	if h.IPv6.IsValid() {
		ip := h.IPv6.As16()
		add(ggep.IPv6, ip[:]...)
	}
	if h.Seen.IsValid() {
		add(ggep.IP, appendPackedHost(nil, h.Seen)...)
	}
	if len(h.QueryKey) > 0 {
		add(ggep.QK, h.QueryKey...)
	}
	var list4, list6 packedList
	for _, host := range h.Hosts {
		switch ip := host.Addr.Addr().Unmap(); {
		case ip.Is4():
			list4.add(host)
		case ip.Is6():
			list6.add(host)
		}
	}
	exts = list4.append(exts, ggep.IPP, ggep.IPPTLS)
	exts = list6.append(exts, ggep.IPP6, ggep.IPP6TLS)
	if h.HostCache {
		add(ggep.UDPHC, []byte(h.HostCacheName)...)
	}
	return ggep.AppendPlain(b, exts...)
}
