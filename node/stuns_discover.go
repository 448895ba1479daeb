package node

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"filbert/nat/punch"
	"filbert/nat/stun"
	"filbert/node/doctor"
	"filbert/overlay"
	"filbert/overlay/hostcache"
)

// Discovered is what a node found out about the NAT in front of it.
type Discovered struct {
	At     time.Time // zero: nobody was asked yet
	Report stun.Report
}

// due reports whether it is to be found out now, from these servers. External is how
// others see us as far as they agree.
func (d Discovered) due(now, began time.Time, servers []netip.AddrPort, external netip.Addr) bool {
	if len(servers) == 0 {
		return false
	}
	mapped := d.Report.Mapped.Addr()
	switch age := now.Sub(d.At); {
	case d.At.IsZero():
		return len(servers) >= enoughServers || now.Sub(began) >= stunSettle
	case age < stunRest:
		return false
	case d.Local() && !hostcache.Class(servers[0].Addr()).Local():
		return true
	case age >= stunRepeat, d.Report.UDP != stun.Yes:
		return true
	case d.Report.Mapping == stun.MappingUnknown && len(servers) > len(d.Report.Servers):
		return true
	default:
		return external.IsValid() && external.Is4() == mapped.Is4() && external != mapped
	}
}

// Local reports whether it is known of the local network alone.
func (d Discovered) Local() bool {
	return len(d.Report.Servers) > 0 && hostcache.Class(d.Report.Servers[0].Server.Addr()).Local()
}

// facts is the same for the doctor.
func (s *stuns) facts() doctor.STUN {
	st := s.status()
	return doctor.STUN{At: st.Found.At, Local: st.Found.Local(), Report: st.Found.Report, Lasting: st.Lasting, KeepAlive: punch.KeepAlive}
}

// servers is whom to ask: those of the settings, and neighbors that answer STUN, one
// of a network. Those of the local network are asked if there are no others. They are
// of one family, IPv4 if there is one: IPv6 is not translated.
func (s *stuns) servers(neighbors []overlay.Neighbor) []netip.AddrPort {
	all := slices.Clone(s.named)
	for i := range neighbors {
		if at, ok := listensAt(&neighbors[i]); ok && neighbors[i].STUN {
			all = append(all, at)
		}
	}
	local := func(at netip.AddrPort) bool { return hostcache.Class(at.Addr()).Local() }
	if slices.ContainsFunc(all, func(at netip.AddrPort) bool { return !local(at) }) {
		all = slices.DeleteFunc(all, local)
	}
	of := func(is4 bool) (out []netip.AddrPort) {
		for _, at := range all {
			same := func(o netip.AddrPort) bool {
				return o == at || !local(at) && hostcache.Group(o.Addr()) == hostcache.Group(at.Addr())
			}
			if at.Addr().Is4() == is4 && len(out) < stunServers && !slices.ContainsFunc(out, same) {
				out = append(out, at)
			}
		}
		return out
	}
	if four := of(true); len(four) > 0 && !s.only6 {
		return four
	}
	return of(false)
}

// discover asks servers, and tells the overlay how they see us.
func (s *stuns) discover(ctx context.Context, servers []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	for _, at := range servers { // whoever is asked counts, or the first to answer would decide
		s.observed(at.Addr(), netip.Addr{})
	}
	d := stun.Discovery{
		Servers: servers, Client: s.client, Listen: s.listen, Config: stun.Config{Sends: stunSends},
	}
	for _, a := range s.own() {
		d.Local = append(d.Local, netip.AddrPortFrom(a, s.port))
	}
	slices.SortStableFunc(d.Local, func(a, b netip.AddrPort) int { // what is not of the family comes last
		is4 := servers[0].Addr().Is4()
		switch {
		case a.Addr().Is4() == b.Addr().Is4():
			return 0
		case a.Addr().Is4() == is4:
			return -1
		}
		return 1
	})
	report, err := stun.Discover(ctx, d)
	if err != nil {
		s.log.Debug().Err(err).Msg("how the NAT behaves is not known")
		if len(report.Servers) == 0 || ctx.Err() == nil {
			return
		}
	}
	for _, f := range report.Servers {
		if f.Error == "" {
			s.observed(f.Server.Addr(), f.Answer.Mapped.Addr())
		}
	}
	s.log.Info().Stringer("udp", report.UDP).Stringer("nat", report.NAT).Stringer("mapped", report.Mapped).
		Stringer("mapping", report.Mapping).Stringer("filtering", report.Filtering).Msg("asked how others see us")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = Discovered{At: time.Now(), Report: report}
}

func (s *stuns) observed(by, seen netip.Addr) {
	if err := s.overlay.Observed(by, seen); err != nil {
		s.log.Debug().Err(err).Msg("what others see is not told") // the overlay has ended, and we are about to
	}
}

// again forgets what was found, so that it is found out anew.
func (s *stuns) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found, s.lasting = Discovered{}, lasting{}
}

// discovered is what is known now.
func (s *stuns) discovered() Discovered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found
}
