package punch

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// Kind is how a peer came by an address of its own.
type Kind byte

const (
	Host      Kind = 1 // of an interface: in the local network, or public
	IPv6      Kind = 2 // public, of an interface
	Mapped    Kind = 3 // a port of the router that was opened
	Reflexive Kind = 4 // as others see it
	Predicted Kind = 5 // a port that the NAT may give next
	Source    Kind = 6 // not named by anybody: a probe came from there
	Relayed   Kind = 7 // of a third party that passes on what comes there
)

func (k Kind) String() string {
	switch k {
	case Host:
		return "host"
	case IPv6:
		return "IPv6"
	case Mapped:
		return "mapped"
	case Reflexive:
		return "reflexive"
	case Predicted:
		return "predicted"
	case Source:
		return "source"
	case Relayed:
		return "relayed"
	}
	return fmt.Sprintf("Kind(%#02x)", byte(k))
}

// Candidate is an address at which a peer may be reached.
type Candidate struct {
	Kind Kind
	Addr netip.AddrPort
}

func (c Candidate) String() string { return fmt.Sprintf("%v %v", c.Kind, c.Addr) }

// rank orders candidates, the best first.
func (c Candidate) rank() int {
	switch c.Kind {
	case IPv6:
		return 0
	case Host:
		return 1
	case Mapped:
		return 2
	case Reflexive:
		return 3
	case Predicted:
		return 4
	case Relayed:
		return 6
	}
	return 5
}

// shared is the address space of carriers' NATs (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// check tells why nothing may be sent to an address. near says that both peers
// have the same public address.
func check(addr netip.AddrPort, near bool) Reason {
	ip := addr.Addr()
	switch {
	case !ip.IsValid() || ip.IsUnspecified() || ip.Zone() != "" || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return BadAddress
	case ip.IsLoopback():
		return LoopbackAddress
	case ip.IsMulticast():
		return MulticastAddress
	case addr.Port() < minPort:
		return ServicePort
	case (ip.IsPrivate() || ip.IsLinkLocalUnicast() || shared.Contains(ip)) && !near:
		return PrivateAddress
	}
	return None
}

// choose returns the candidates of the peer worth a probe, the best first, and the
// others with the reason.
func choose(own, theirs []Candidate) (use []Candidate, not []Failure) {
	near := samePublic(own, theirs)
	mine := func(c Candidate) bool {
		return slices.ContainsFunc(own, func(o Candidate) bool { return o.Addr == c.Addr })
	}
	sorted := slices.Clone(theirs)
	slices.SortStableFunc(sorted, func(a, b Candidate) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, c := range sorted {
		c.Addr = netip.AddrPortFrom(c.Addr.Addr().Unmap(), c.Addr.Port())
		why := check(c.Addr, near)
		switch {
		case why != None:
		case mine(c):
			why = BadAddress
		case slices.ContainsFunc(use, func(u Candidate) bool { return u.Addr == c.Addr }):
			continue
		case len(use) == maxAddresses-keptForSources:
			why = TooMany
		default:
			use = append(use, c)
			continue
		}
		not = append(not, Failure{c, why})
	}
	return use, not
}

// withRelayed is candidates with an address at a third party among them: the best, and
// so many that none has to be left out for it.
func withRelayed(all []Candidate, at netip.AddrPort) []Candidate {
	best := slices.Clone(all)
	slices.SortStableFunc(best, func(a, b Candidate) int { return cmp.Compare(a.rank(), b.rank()) })
	best = best[:min(len(best), maxAddresses-keptForSources-1)]
	return append(best, Candidate{Relayed, at})
}

// outside is the hosts of candidates as a third party may see them.
func outside(use []Candidate) (hosts []netip.Addr) {
	for _, c := range use {
		if ip := c.Addr.Addr(); c.Kind != Relayed && check(c.Addr, false) == None && !slices.Contains(hosts, ip) {
			hosts = append(hosts, ip)
		}
	}
	return hosts
}

// isRelayed reports whether a candidate is at a third party.
func isRelayed(c Candidate) bool { return c.Kind == Relayed }

// samePublic reports whether two peers are seen at the same address from outside.
func samePublic(own, theirs []Candidate) bool {
	for _, a := range own {
		for _, b := range theirs {
			if seen(a) && seen(b) && a.Addr.Addr().Unmap() == b.Addr.Addr().Unmap() {
				return true
			}
		}
	}
	return false
}

func seen(c Candidate) bool { return c.Kind == Mapped || c.Kind == Reflexive }

// Predict returns the next n ports a NAT gives that counts by delta, after the one
// that was seen last. Of a NAT that does not count there are none.
func Predict(last netip.AddrPort, delta int16, n int) []Candidate {
	var out []Candidate
	for i := 1; i <= min(n, maxCandidates) && delta != 0; i++ {
		port := int(last.Port()) + i*int(delta)
		if port < minPort || port > 0xffff {
			break
		}
		out = append(out, Candidate{Predicted, netip.AddrPortFrom(last.Addr(), uint16(port))})
	}
	return out
}
