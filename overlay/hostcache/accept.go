package hostcache

import (
	"net/netip"
	"strconv"
)

// DropReason says why an address is not kept.
type DropReason uint8

const (
	Kept        DropReason = iota // it is kept
	DropPort                      // port 0, or that of a service
	DropBogon                     // no host has such an address
	DropScope                     // local, but told by somebody farther away
	DropOwn                       // one of our own
	DropCrowded                   // enough of its network are known
	DropQuota                     // who told it tells too much
	DropFull                      // no room where it belongs
	dropReasons
)

var dropNames = [dropReasons]string{"kept", "port", "bogon", "scope", "own", "crowded", "quota", "full"}

func (r DropReason) String() string {
	if r < dropReasons {
		return dropNames[r]
	}
	return "DropReason(" + strconv.Itoa(int(r)) + ")"
}

// Config of a cache. The zero value is for the public network.
type Config struct {
	// AllowDocumentation takes the addresses of documentation (192.0.2/24 and
	// so on) for hosts: laboratories use them.
	AllowDocumentation bool
}

// Acceptable reports whether an address can be a host's when teller tells it;
// the zero teller is ourselves. Global addresses are. Local ones are only if
// the teller stands on the same or a narrower scope: a loopback address told by
// a loopback peer, a private one by a private or loopback peer. So a laboratory
// on one machine works, and nobody outside can name hosts inside.
//
// It answers the reverse as well: whether a peer at teller would take the
// address from us.
func (cfg Config) Acceptable(addr netip.AddrPort, teller netip.Addr) DropReason {
	if addr.Port() == 0 || teller.IsValid() && addr.Port() < minPort {
		return DropPort
	}
	ip := addr.Addr().Unmap()
	scope := Class(ip)
	switch {
	case scope == Bogon, ip.Zone() != "", ip.Is6() && scope == LinkLocal:
		return DropBogon // an IPv6 link-local address means nothing without a zone, nor one elsewhere
	case scope == Documentation && !cfg.AllowDocumentation:
		return DropBogon
	case scope == Global, scope == Documentation, !teller.IsValid():
		return Kept
	}
	if t := Class(teller); t < Loopback || t > scope {
		return DropScope
	}
	return Kept
}
