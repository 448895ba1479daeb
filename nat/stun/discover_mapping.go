package stun

import (
	"context"
	"fmt"
	"net/netip"
)

// mapping is the test of RFC 5780 §4.3, with a server of two addresses or else with
// two servers.
func (d *discovery) mapping(ctx context.Context) {
	good := d.report.answered()
	for _, s := range good {
		if s.Answer.Other.IsValid() && s.Answer.Other.Addr() != s.Server.Addr() && d.mappingByOne(ctx, s) {
			return
		}
	}
	d.mappingByTwo(ctx, good)
}

// mappingByOne asks the other address of a server, and its other port if need be. It
// reports whether that led to something.
func (d *discovery) mappingByOne(ctx context.Context, s ServerFinding) bool {
	second := netip.AddrPortFrom(s.Answer.Other.Addr(), s.Server.Port())
	asked := fmt.Sprintf("%v and then %v", s.Server, second)
	two, err := d.Client.Bind(ctx, second, Options{Config: d.patience()})
	if err != nil {
		d.report.find("mapping", asked, err.Error(), "that server is of no use here")
		return false
	}
	if two.Mapped == s.Answer.Mapped {
		d.concludeMapping(MappingEndpointIndependent, asked, s.Answer.Mapped, two.Mapped, "everybody sees the same address")
		return true
	}
	asked = fmt.Sprintf("%v, then %v", asked, s.Answer.Other)
	three, err := d.Client.Bind(ctx, s.Answer.Other, Options{Config: d.patience()})
	if err == nil {
		d.up = s.Answer.Other
	}
	switch {
	case err != nil:
		d.concludeMapping(MappingDependent, asked, s.Answer.Mapped, two.Mapped, "others see other addresses")
	case three.Mapped == two.Mapped:
		d.concludeMapping(MappingAddressDependent, asked, two.Mapped, three.Mapped, "each host sees an address of its own")
	default:
		d.concludeMapping(MappingAddressAndPortDependent, asked, two.Mapped, three.Mapped, "each port of each host sees an address of its own")
	}
	return true
}

// mappingByTwo compares what servers with different addresses see; a server with two
// ports tells what the mapping depends on.
func (d *discovery) mappingByTwo(ctx context.Context, good []ServerFinding) {
	first := good[0]
	same := MappingUnknown
	for _, s := range good[1:] {
		if s.Server.Addr() == first.Server.Addr() {
			continue
		}
		asked := fmt.Sprintf("%v and %v", first.Server, s.Server)
		if s.Answer.Mapped == first.Answer.Mapped {
			d.concludeMapping(MappingEndpointIndependent, asked, first.Answer.Mapped, s.Answer.Mapped, "different hosts see the same address")
			return
		}
		same = MappingDependent
		d.concludeMapping(same, asked, first.Answer.Mapped, s.Answer.Mapped, "different hosts see different addresses")
		break
	}
	for _, s := range good {
		other := s.Answer.Other
		if !other.IsValid() || other.Addr() != s.Server.Addr() || other == s.Server {
			continue
		}
		two, err := d.Client.Bind(ctx, other, Options{Config: d.patience()})
		if err != nil {
			continue
		}
		d.up = other
		asked := fmt.Sprintf("%v and its port %d", s.Server, other.Port())
		switch {
		case two.Mapped != s.Answer.Mapped:
			d.concludeMapping(MappingAddressAndPortDependent, asked, s.Answer.Mapped, two.Mapped, "each port sees an address of its own")
		case same == MappingDependent:
			d.concludeMapping(MappingAddressDependent, asked, s.Answer.Mapped, two.Mapped, "each host sees an address of its own")
		default:
			d.report.find("mapping", asked, "both see "+two.Mapped.String(), "not known: it takes a server with another address")
		}
		return
	}
	if same == MappingUnknown {
		d.report.find("mapping", "for a second server with another address", "there is none", "the mapping is not known")
	}
}

func (d *discovery) concludeMapping(m Mapping, asked string, one, two netip.AddrPort, means string) {
	d.report.Mapping = m
	d.report.find("mapping", asked, fmt.Sprintf("%v, %v", one, two), m.String()+": "+means)
}
