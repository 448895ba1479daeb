package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"filbert/nat/stun"
)

// stun: how the NAT behaves towards datagrams, which decides whether a hole can be
// punched into it.
func (f Facts) stun() Check {
	c, r := Check{Name: "stun"}, f.STUN.Report
	switch {
	case f.STUN.At.IsZero():
		c.Level, c.Found = Unknown, "nobody was asked how the NAT behaves"
		c.Means = "no neighbor answers STUN, and the settings name no server"
		if f.Running < settleTime {
			c.Means = "neighbors that answer STUN are still looked for"
		} else {
			c.Do = "connect to filberts that others reach, or name a server with --stun-server IP:PORT"
		}
		return c
	case r.UDP != stun.Yes && f.UDP.Open:
		c.Level, c.Found = Unknown, fmt.Sprintf("no answer from %d servers, asked %s ago", len(r.Servers), span(f.Now, f.STUN.At))
		c.Means = "datagrams of others arrive, so the servers seem to be down"
		return c
	case r.UDP != stun.Yes:
		c.Level, c.Found = Warn, fmt.Sprintf("UDP seems to be blocked: no answer from %d servers, asked %s ago", len(r.Servers), span(f.Now, f.STUN.At))
		c.Means = "no datagram leaves this network, or none comes back: searches are slower, and no hole can be punched"
		c.Do = f.opening("UDP")
		return c
	case r.NAT == stun.No:
		c.Found = fmt.Sprintf("no NAT: others see %v, which is our own address", r.Mapped)
	default:
		c.Found = f.kindOfNAT(r)
	}
	if f.STUN.Local {
		c.Level, c.Means = Unknown, "only the local network was asked: others may see something else"
		return c
	}
	if f.behindCarrier() {
		c.Found += "; the NAT of a provider is in the way"
	}
	if f.STUN.Lasting.Known() {
		c.Found += fmt.Sprintf("; who was sent to gets in for %v", f.STUN.Lasting)
	}
	if r.NAT == stun.No {
		return f.forgets(c)
	}
	switch r.Mapping {
	case stun.MappingEndpointIndependent:
		c.Means = "a hole can be punched into it from both sides: others reach this node by UDP even if they cannot connect"
	case stun.MappingUnknown:
		c.Level = Unknown
		c.Means = "whether a hole can be punched into it takes two servers to tell"
	default:
		c.Means = "a hole can be punched into it if the NAT of the other side is not of that kind, too"
		if !f.TCP.Open {
			c.Level = Warn
			c.Do = f.opening("TCP and UDP")
		}
	}
	return f.forgets(c)
}

// forgets warns of a NAT, or a firewall, that forgets paths which are kept open.
func (f Facts) forgets(c Check) Check {
	if !f.STUN.Lasting.Known() || f.STUN.Lasting.From >= f.STUN.KeepAlive || f.TCP.Open {
		return c
	}
	c.Level = Warn
	c.Means = strings.TrimPrefix(c.Means+fmt.Sprintf("; paths break while they carry nothing, for it takes a datagram each %v to keep them", f.STUN.KeepAlive), "; ")
	if c.Do == "" {
		c.Do = "have the router, or firewall, keep UDP for 30 s after the last datagram"
	}
	return c
}

// kindOfNAT tells what servers saw in plain words.
func (f Facts) kindOfNAT(r stun.Report) string {
	about := []string{fmt.Sprintf("a NAT, others see %v", r.Mapped)}
	switch r.Mapping {
	case stun.MappingEndpointIndependent:
		about = append(about, "every host the same address")
	case stun.MappingAddressAndPortDependent:
		about = append(about, "each port of each host another address")
	case stun.MappingDependent, stun.MappingAddressDependent:
		about = append(about, "each host another address")
	}
	switch r.Filtering {
	case stun.FilteringEndpointIndependent:
		about = append(about, "it lets everybody in to a port that is mapped")
	case stun.FilteringPortIndependent, stun.FilteringAddressDependent:
		about = append(about, "it lets in hosts that were sent to")
	case stun.FilteringAddressAndPortDependent:
		about = append(about, "it lets in ports that were sent to")
	}
	switch r.PortPreserved {
	case stun.Yes:
		about = append(about, "it keeps the port")
	case stun.No:
		about = append(about, "it changes the port")
	}
	switch r.Hairpin {
	case stun.Yes:
		about = append(about, "hosts behind it reach one another by its address")
	case stun.No:
		about = append(about, "hosts behind it do not reach one another by its address")
	}
	return strings.Join(about, ", ")
}

// behindCarrier reports whether a NAT of a provider shows.
func (f Facts) behindCarrier() bool {
	return f.Mapping.CGNAT || slices.ContainsFunc(f.Own, func(a netip.Addr) bool { return carrierNAT.Contains(a) })
}
