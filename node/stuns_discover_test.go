package node

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/nat/stun"
	"filbert/overlay"
)

func ports(list ...string) (out []netip.AddrPort) {
	for _, text := range list {
		out = append(out, netip.MustParseAddrPort(text))
	}
	return out
}

// TestDiscoveryDue asks at the right time: when there are enough, when something is new,
// and not too often.
func TestDiscoveryDue(t *testing.T) {
	began := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	three, mapped := ports("9.1.1.1:1", "9.2.1.1:1", "9.3.1.1:1"), netip.MustParseAddrPort("9.8.7.6:7000")
	found := func(mapping stun.Mapping, udp stun.Verdict, servers ...netip.AddrPort) Discovered {
		d := Discovered{At: began, Report: stun.Report{UDP: udp, Mapping: mapping, Mapped: mapped}}
		for _, s := range servers {
			d.Report.Servers = append(d.Report.Servers, stun.ServerFinding{Server: s})
		}
		return d
	}
	whole := found(stun.MappingEndpointIndependent, stun.Yes, three...)
	for _, test := range []struct {
		name     string
		d        Discovered
		age      time.Duration
		servers  []netip.AddrPort
		external netip.Addr
		want     bool
	}{
		{"nobody to ask", Discovered{}, time.Hour, nil, netip.Addr{}, false},
		{"enough", Discovered{}, 0, three, netip.Addr{}, true},
		{"too few yet", Discovered{}, stunSettle - 1, three[:2], netip.Addr{}, false},
		{"too few, but for long", Discovered{}, stunSettle, three[:1], netip.Addr{}, true},
		{"known", whole, stunRepeat - 1, three, mapped.Addr(), false},
		{"known for long", whole, stunRepeat, three, mapped.Addr(), true},
		{"another address, just now", whole, stunRest - 1, three, netip.MustParseAddr("9.8.7.7"), false},
		{"another address", whole, stunRest, three, netip.MustParseAddr("9.8.7.7"), true},
		{"an address of the other family", whole, stunRest, three, netip.MustParseAddr("2400:1::1"), false},
		{"no answer, just now", found(0, stun.No, three...), stunRest - 1, three, netip.Addr{}, false},
		{"no answer", found(0, stun.No, three...), stunRest, three, netip.Addr{}, true},
		{"one server", found(0, stun.Yes, three[0]), stunRest, three[:1], netip.Addr{}, false},
		{"one server, now two", found(0, stun.Yes, three[0]), stunRest, three[:2], netip.Addr{}, true},
		{"the local network", found(stun.MappingEndpointIndependent, stun.Yes, ports("192.168.1.2:1")...), stunRest, three, netip.Addr{}, true},
	} {
		if got := test.d.due(began.Add(test.age), began, test.servers, test.external); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestServers chooses whom to ask.
func TestServers(t *testing.T) {
	serves := func(addr, listen string) overlay.Neighbor {
		return overlay.Neighbor{STUN: true, Addr: netip.MustParseAddrPort(addr), Listen: netip.MustParseAddrPort(listen)}
	}
	silent := serves("9.9.1.1:4000", "9.9.1.1:7000")
	silent.STUN = false
	var many []overlay.Neighbor
	for i := range stunServers + 1 {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, byte(i), 1, 1}), 7000)
		many = append(many, overlay.Neighbor{STUN: true, Addr: at, Listen: at})
	}
	for _, test := range []struct {
		name      string
		named     []netip.AddrPort
		only6     bool
		neighbors []overlay.Neighbor
		want      []netip.AddrPort
	}{
		{"nobody", nil, false, []overlay.Neighbor{silent, {STUN: true}}, nil},
		{"a neighbor", nil, false, []overlay.Neighbor{silent, serves("9.1.1.1:4000", "9.1.1.1:7000")}, ports("9.1.1.1:7000")},
		{"that says to be elsewhere", nil, false, []overlay.Neighbor{serves("9.1.1.1:4000", "9.2.1.1:53")}, nil},
		{"one of a network, named ones first", ports("9.1.2.2:3478"), false, []overlay.Neighbor{serves("9.1.1.1:4000", "9.1.1.1:7000"), serves("9.2.1.1:4000", "9.2.1.1:7000")},
			ports("9.1.2.2:3478", "9.2.1.1:7000")},
		{"IPv4 before IPv6", nil, false, []overlay.Neighbor{serves("[2400:1::1]:1", "[2400:1::1]:7000"), serves("9.2.1.1:4000", "9.2.1.1:7000")}, ports("9.2.1.1:7000")},
		{"IPv6 alone", nil, true, []overlay.Neighbor{serves("[2400:1::1]:1", "[2400:1::1]:7000"), serves("9.2.1.1:4000", "9.2.1.1:7000")}, ports("[2400:1::1]:7000")},
		{"local ones last", nil, false, []overlay.Neighbor{serves("192.168.1.2:1", "192.168.1.2:7000"), serves("9.2.1.1:4000", "9.2.1.1:7000")}, ports("9.2.1.1:7000")},
		{"local ones alone", nil, false, []overlay.Neighbor{serves("192.168.1.2:1", "192.168.1.2:7000"), serves("192.168.1.3:1", "192.168.1.3:7000")},
			ports("192.168.1.2:7000", "192.168.1.3:7000")},
	} {
		s := stuns{named: test.named, only6: test.only6}
		if got := s.servers(test.neighbors); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if got := (&stuns{}).servers(many); len(got) != stunServers {
		t.Errorf("%d servers", len(got))
	}
}
