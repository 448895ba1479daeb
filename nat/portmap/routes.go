package portmap

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Flags of a route (linux/route.h).
const (
	routeUp      = 0x1
	routeGateway = 0x2
	routeReject  = 0x200
)

// defaultRoute is a way to everywhere.
type defaultRoute struct {
	gateway netip.Addr
	metric  uint64
}

// parseRoutes4 finds the default gateways in the text of /proc/net/route: name of
// the interface, destination, gateway, flags, two counters, metric, mask, in hex
// and, the addresses, in the byte order of the machine.
func parseRoutes4(text string) []netip.Addr {
	var out []defaultRoute
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 8 {
			continue
		}
		destination, err1 := strconv.ParseUint(f[1], 16, 32)
		gateway, err2 := strconv.ParseUint(f[2], 16, 32)
		flags, err3 := strconv.ParseUint(f[3], 16, 32)
		metric, err4 := strconv.ParseUint(f[6], 10, 32)
		mask, err5 := strconv.ParseUint(f[7], 16, 32)
		if err1 != nil || err2 != nil || err3 != nil || err4 != nil || err5 != nil || destination|mask != 0 ||
			flags&(routeUp|routeGateway|routeReject) != routeUp|routeGateway {
			continue
		}
		var a [4]byte
		binary.NativeEndian.PutUint32(a[:], uint32(gateway))
		out = append(out, defaultRoute{netip.AddrFrom4(a), metric})
	}
	return best(out)
}

// parseRoutes6 finds them in that of /proc/net/ipv6_route: destination and its
// length, source and its length, next hop, metric, two counters, flags, name of
// the interface, all in hex.
func parseRoutes6(text string) []netip.Addr {
	var out []defaultRoute
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 10 || f[1] != "00" || len(f[4]) != 32 {
			continue
		}
		hop, err1 := hex.DecodeString(f[4])
		metric, err2 := strconv.ParseUint(f[5], 16, 32)
		flags, err3 := strconv.ParseUint(f[8], 16, 32)
		if err1 != nil || err2 != nil || err3 != nil || flags&(routeUp|routeGateway|routeReject) != routeUp|routeGateway {
			continue
		}
		gateway := netip.AddrFrom16([16]byte(hop))
		if gateway.IsLinkLocalUnicast() {
			gateway = gateway.WithZone(f[9])
		}
		out = append(out, defaultRoute{gateway, metric})
	}
	return best(out)
}

// best sorts gateways by metric.
func best(routes []defaultRoute) []netip.Addr {
	slices.SortStableFunc(routes, func(a, b defaultRoute) int { return cmp.Compare(a.metric, b.metric) })
	var out []netip.Addr
	for _, r := range routes {
		if !r.gateway.IsUnspecified() && !slices.Contains(out, r.gateway) && len(out) < maxGateways {
			out = append(out, r.gateway)
		}
	}
	return out
}
