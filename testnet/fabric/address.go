package fabric

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// flow names a connection of a host, or with a zero remote one of its UDP sockets.
type flow struct{ local, remote netip.AddrPort }

func (f flow) compare(g flow) int {
	if c := f.local.Compare(g.local); c != 0 {
		return c
	}
	return f.remote.Compare(g.remote)
}

// parse reads "host:port", where host is an IP address, "localhost" or empty, which gives an invalid one. There is no
// DNS: any other name does not exist. The port must be a number. A network that ends in 4 or 6 wants such an address.
func (h *Host) parse(network, kind, address string) (netip.AddrPort, error) {
	family, known := strings.CutPrefix(network, kind)
	if !known || family != "" && family != "4" && family != "6" {
		return netip.AddrPort{}, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, &net.AddrError{Err: "invalid port", Addr: service}
	}
	addr := netip.Addr{}
	switch host {
	case "":
	case "localhost":
		addr = h.loopback()
	default:
		if addr, err = netip.ParseAddr(host); err != nil {
			return netip.AddrPort{}, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		addr = addr.Unmap()
	}
	want := addr
	if !addr.IsValid() {
		want = h.addr
	}
	if family == "4" && !want.Is4() || family == "6" && want.Is4() {
		return netip.AddrPort{}, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

// bindAddr returns the address to bind to for the one asked for: any, the loopback one or the host's own.
func (h *Host) bindAddr(asked netip.Addr) (netip.Addr, error) {
	switch {
	case !asked.IsValid() || asked.IsUnspecified():
		if h.addr.Is4() {
			return netip.IPv4Unspecified(), nil
		}
		return netip.IPv6Unspecified(), nil
	case asked == h.addr, asked.IsLoopback() && asked.Is4() == h.addr.Is4():
		return asked, nil
	}
	return asked, callError("bind", syscall.EADDRNOTAVAIL)
}

// routeLocked returns the address that something to remote is sent from, and the link it takes.
func (h *Host) routeLocked(remote netip.Addr) (netip.Addr, *link, error) {
	switch {
	case remote.Is4() != h.addr.Is4():
		return netip.Addr{}, nil, syscall.ENETUNREACH
	case remote.IsLoopback():
		return remote, h.linkLocked(h.addr), nil
	}
	return h.addr, h.exitLocked(remote).linkLocked(remote), nil
}

// accepts tells whether what is bound to the address bound takes something sent to addr.
func accepts(bound, addr netip.Addr) bool { return bound.IsUnspecified() || bound == addr }

func (h *Host) loopback() netip.Addr {
	if h.addr.Is4() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

// freePortLocked returns the first dynamic port that is not taken: from one that depends on the seed and the host on,
// and on the number of calls.
func (h *Host) freePortLocked(taken func(port uint16) bool) (uint16, error) {
	first := mixAddr(mix(h.net.cfg.Seed), h.addr)%dynamicPorts + h.ports
	h.ports++
	for i := range uint64(dynamicPorts) {
		port := uint16(firstDynamicPort + (first+i)%dynamicPorts)
		if !taken(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port is free: %w", syscall.EADDRINUSE)
}
