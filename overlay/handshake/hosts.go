package handshake

import (
	"net/netip"
	"strconv"
	"strings"
)

// DefaultPort is assumed where a header names a host without a port.
const DefaultPort = 6346

// minPort is the lowest port accepted in a header: services live below it, and
// a list that names them makes its readers attack them.
const minPort = 1024

// parseHosts reads a list of hosts as X-Try and Node carry them: separated by
// commas, "a.b.c.d[:port]" or "[v6][:port]", whatever follows in an item is
// ignored. Items that are no address, or whose port is below minPort, are left
// out; at most n are returned.
func parseHosts(list string, n int) []netip.AddrPort {
	var hosts []netip.AddrPort
	for item := range strings.SplitSeq(list, ",") {
		if len(hosts) >= n {
			break
		}
		if host, ok := parseHost(strings.TrimSpace(item)); ok {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// parseHost reads the address at the start of item.
func parseHost(item string) (netip.AddrPort, bool) {
	if i := strings.IndexAny(item, " \t;"); i >= 0 {
		item = item[:i]
	}
	host, port := item, ""
	if strings.HasPrefix(item, "[") {
		var ok bool
		if host, port, ok = strings.Cut(item[1:], "]"); !ok {
			return netip.AddrPort{}, false
		}
		port = strings.TrimPrefix(port, ":")
	} else if strings.Count(item, ":") == 1 {
		host, port, _ = strings.Cut(item, ":")
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.AddrPort{}, false
	}
	number := uint64(DefaultPort)
	if port != "" {
		if number, err = strconv.ParseUint(port, 10, 16); err != nil || number < minPort {
			return netip.AddrPort{}, false
		}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), true
}

// formatHosts is the inverse of parseHosts, as far as limit bytes hold the hosts.
func formatHosts(hosts []netip.AddrPort, limit int) string {
	var b []byte
	for _, host := range hosts {
		whole := len(b)
		if whole > 0 {
			b = append(b, ", "...)
		}
		if b = host.AppendTo(b); len(b) > limit {
			return string(b[:whole])
		}
	}
	return string(b)
}
