package stun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/testnet/fabric"

	"github.com/pion/stun/v2"
)

var (
	router = netip.MustParseAddr("198.51.100.1")
	inside = netip.MustParseAddr("192.168.1.2")
)

// Servers: with two addresses, with two ports, and with one.
var (
	rfc5780 = []string{server1, "192.0.2.1:3479", "192.0.2.2:3478", server2}
	twoPort = []string{"192.0.2.3:3478", "192.0.2.3:3479"}
	plain1  = []string{"192.0.2.4:3478"}
	plain2  = []string{"192.0.2.5:3478"}
)

// discover asks the first address of each server from a host.
func (w *world) discover(h *fabric.Host, local string, servers ...[]string) Report {
	w.Helper()
	c := w.client(h, 4000)
	defer c.Close()
	d := Discovery{Client: c, Local: []netip.AddrPort{netip.MustParseAddrPort(local)}, Listen: listener(h)}
	for _, s := range servers {
		d.Servers = append(d.Servers, at(s[0]))
	}
	r, err := Discover(w.Context(), d)
	if err != nil {
		w.Error(err)
	}
	return r
}

// explained logs the findings of a report when the test failed.
func (w *world) explained(r Report) {
	w.Helper()
	if w.Failed() {
		for _, f := range r.Findings {
			w.Logf("%+v", f)
		}
	}
}

func mappingOf(d fabric.Dependence) Mapping {
	return [...]Mapping{MappingEndpointIndependent, MappingAddressDependent, MappingAddressAndPortDependent}[d]
}

func filteringOf(d fabric.Dependence) Filtering {
	return [...]Filtering{FilteringEndpointIndependent, FilteringAddressDependent, FilteringAddressAndPortDependent}[d]
}

// TestBuiltNATs has each NAT that can be built be detected as built: with a server of
// two addresses, with two servers of two ports, and as far as that goes with two of one.
func TestBuiltNATs(t *testing.T) {
	all := []fabric.Dependence{fabric.EndpointIndependent, fabric.AddressDependent, fabric.AddressAndPortDependent}
	for _, mapping := range all {
		for _, filtering := range all {
			for _, hairpin := range []bool{false, true} {
				for _, ports := range []fabric.PortChoice{fabric.Preserve, fabric.Random} {
					cfg := fabric.NATConfig{Mapping: mapping, Filtering: filtering, Ports: ports, Hairpin: hairpin}
					t.Run(fmt.Sprintf("%v/%v/%v/%v", mapping, filtering, ports, hairpin), func(t *testing.T) {
						testBuiltNAT(t, cfg)
					})
				}
			}
		}
	}
}

func testBuiltNAT(t *testing.T, cfg fabric.NATConfig) {
	dependent := func(m Mapping) Mapping {
		if m != MappingEndpointIndependent {
			return MappingDependent
		}
		return m
	}
	independent := func(f Filtering) Filtering {
		if f != FilteringAddressAndPortDependent {
			return FilteringPortIndependent
		}
		return f
	}
	for _, test := range []struct {
		name      string
		servers   [][]string
		mapping   Mapping
		filtering Filtering
	}{
		{"two addresses", [][]string{rfc5780}, mappingOf(cfg.Mapping), filteringOf(cfg.Filtering)},
		{"two ports each", [][]string{twoPort, plain1}, mappingOf(cfg.Mapping), independent(filteringOf(cfg.Filtering))},
		{"one address each", [][]string{plain1, plain2}, dependent(mappingOf(cfg.Mapping)), FilteringUnknown},
	} {
		inWorld(t, fabric.Config{Seed: 5}, func(w *world) {
			for _, s := range test.servers {
				w.serve(s...)
			}
			host := w.net.NAT(router, cfg).Host(inside)
			got := w.discover(host, "192.168.1.2:4000", test.servers...)
			if got.UDP != Yes || got.NAT != Yes || got.Mapped.Addr() != router {
				w.Errorf("%s: udp %v, nat %v, mapped %v", test.name, got.UDP, got.NAT, got.Mapped)
			}
			if got.Mapping != test.mapping || got.Filtering != test.filtering {
				w.Errorf("%s: mapping %v, filtering %v", test.name, got.Mapping, got.Filtering)
			}
			if got.PortPreserved != verdict(cfg.Ports == fabric.Preserve) {
				w.Errorf("%s: port preserved: %v", test.name, got.PortPreserved)
			}
			want := verdict(cfg.Hairpin)
			if cfg.Mapping != fabric.EndpointIndependent && cfg.Filtering != fabric.EndpointIndependent {
				want = Unknown // the filter hides it
			} else if want == No && got.Mapping != MappingEndpointIndependent && got.Filtering != FilteringEndpointIndependent {
				want = Unknown // these servers do not tell that it does not
			}
			if got.Hairpin != want {
				w.Errorf("%s: hairpin %v, want %v", test.name, got.Hairpin, want)
			}
			w.explained(got)
		})
	}
}

// TestNoNAT is a host with an address of its own.
func TestNoNAT(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serve(rfc5780...)
		got := w.discover(w.host(home), home+":4000", rfc5780)
		if got.NAT != No || got.Mapping != MappingEndpointIndependent || got.Filtering != FilteringEndpointIndependent ||
			got.Hairpin != Unknown || got.PortPreserved != Unknown || got.Mapped != at(home+":4000") {
			w.Errorf("%+v", got)
		}
	})
}

// TestCarrier is a NAT behind that of a carrier.
func TestCarrier(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serve(rfc5780...)
		box := w.net.NAT(router, fabric.CGNAT()).NAT(netip.MustParseAddr("100.64.0.2"), fabric.PortRestricted())
		got := w.discover(box.Host(inside), "192.168.1.2:4000", rfc5780)
		if got.Mapping != MappingEndpointIndependent || got.Filtering != FilteringAddressAndPortDependent || got.PortPreserved != No || got.Mapped.Addr() != router {
			w.Errorf("%+v", got)
		}
	})
}

func TestUDPBlocked(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serve(rfc5780...)
		got := w.discover(w.net.NAT(router, fabric.UDPBlocked()).Host(inside), "192.168.1.2:4000", rfc5780, plain1)
		if got.UDP != No || got.NAT != Unknown || got.Mapping != MappingUnknown || len(got.Servers) != 2 || got.Servers[1].Error == "" {
			w.Errorf("%+v", got)
		}
		w.wantClock(39500 * time.Millisecond)
	})
}

// TestDeadServer has one of two servers be down.
func TestDeadServer(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serve(rfc5780...)
		got := w.discover(w.net.NAT(router, fabric.RestrictedCone()).Host(inside), "192.168.1.2:4000", plain1, rfc5780)
		if got.Mapping != MappingEndpointIndependent || got.Filtering != FilteringAddressDependent || got.Servers[0].Error == "" {
			w.Errorf("%+v", got)
		}
	})
}

// TestOneServer knows neither.
func TestOneServer(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serve(plain1...)
		got := w.discover(w.net.NAT(router, fabric.Symmetric()).Host(inside), "192.168.1.2:4000", plain1)
		if got.UDP != Yes || got.NAT != Yes || got.Mapping != MappingUnknown || got.Filtering != FilteringUnknown {
			w.Errorf("%+v", got)
		}
		w.explained(got)
	})
}

// TestHalfServer promises another address at which nobody is: what is not sent is not
// taken for filtered.
func TestHalfServer(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		conn := w.socket(w.host("192.0.2.1"), 3478)
		w.respond(conn, func(_ int, m message, from netip.AddrPort) {
			if m.change == SameAddress {
				w.say(conn, from, message{class: stun.ClassSuccessResponse, id: m.id, mapped: from, other: at(server2)})
			}
		})
		got := w.discover(w.net.NAT(router, fabric.FullCone()).Host(inside), "192.168.1.2:4000", []string{server1})
		if got.Mapping != MappingUnknown || got.Filtering != FilteringUnknown {
			w.Errorf("%+v", got)
		}
	})
}

// TestObstinateServer ignores what it is asked to change, or refuses it.
func TestObstinateServer(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		inWorld(t, fabric.Config{}, func(w *world) {
			for _, addr := range []string{server1, server2, "192.0.2.2:3478"} {
				conn := w.socket(w.net.Host(at(addr).Addr()), at(addr).Port())
				w.respond(conn, func(_ int, m message, from netip.AddrPort) {
					answer := message{class: stun.ClassSuccessResponse, id: m.id, mapped: from, other: at(server2)}
					if refuses && m.change != SameAddress {
						answer = message{class: stun.ClassErrorResponse, id: m.id, code: 420}
					}
					w.say(conn, from, answer)
				})
			}
			got := w.discover(w.net.NAT(router, fabric.PortRestricted()).Host(inside), "192.168.1.2:4000", []string{server1})
			if got.Mapping != MappingEndpointIndependent || got.Filtering != FilteringUnknown {
				w.Errorf("%+v", got)
			}
		})
	}
}

// TestLossyDiscovery counts how often each NAT is taken for another at a loss of 5 %
// each way.
func TestLossyDiscovery(t *testing.T) {
	const runs = 20
	for name, cfg := range map[string]fabric.NATConfig{
		"full cone": fabric.FullCone(), "restricted": fabric.RestrictedCone(), "port-restricted": fabric.PortRestricted(), "symmetric": fabric.Symmetric(),
	} {
		wrong := 0
		for seed := range uint64(runs) {
			inWorld(t, fabric.Config{Seed: seed, Loss: fabric.LossRate(0.05)}, func(w *world) {
				w.serve(rfc5780...)
				got := w.discover(w.net.NAT(router, cfg).Host(inside), "192.168.1.2:4000", rfc5780)
				if got.Mapping != mappingOf(cfg.Mapping) || got.Filtering != filteringOf(cfg.Filtering) {
					wrong++
				}
			})
		}
		if wrong > 1 {
			t.Errorf("%s: wrong in %d of %d runs", name, wrong, runs)
		}
	}
}

func TestDiscoverFails(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		c := w.client(w.host(home), 4000)
		defer c.Close()
		for _, d := range []Discovery{
			{Client: c},
			{Servers: []netip.AddrPort{at(server1)}},
			{Client: c, Servers: []netip.AddrPort{at(server1), at("[2001:db8::1]:3478")}},
		} {
			if _, err := Discover(w.Context(), d); err == nil {
				w.Errorf("%+v: no error", d)
			}
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if _, err := Discover(ctx, Discovery{Client: c, Servers: []netip.AddrPort{at(server1)}}); !errors.Is(err, context.DeadlineExceeded) {
			w.Error(err)
		}
		w.serve(plain1...)
		r, err := Discover(w.Context(), Discovery{
			Client: c, Servers: []netip.AddrPort{at(plain1[0])},
			Listen: func(context.Context) (net.PacketConn, error) { return nil, errors.New("no ports left") },
		})
		if err != nil || r.UDP != Yes || !strings.Contains(fmt.Sprint(r.Findings), "no ports left") {
			w.Errorf("%+v, %v", r, err)
		}
	})
}

// TestServersAreBounded asks no more than that many.
func TestServersAreBounded(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		for n := maxServers - 1; n <= maxServers+1; n++ {
			c := w.client(w.host(home), uint16(4000+n))
			d := Discovery{Client: c, Config: Config{Sends: 1}}
			for i := range n {
				d.Servers = append(d.Servers, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)}), 3478))
			}
			r, err := Discover(w.Context(), d)
			if want := min(n, maxServers); err != nil || len(r.Servers) != want {
				w.Errorf("%d servers asked, want %d; %v", len(r.Servers), want, err)
			}
			c.Close()
		}
	})
}

// TestReportIsJSON is what others read.
func TestReportIsJSON(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serve(rfc5780...)
		r := w.discover(w.net.NAT(router, fabric.Symmetric()).Host(inside), "192.168.1.2:4000", rfc5780)
		b, err := json.Marshal(r)
		if err != nil {
			w.Fatal(err)
		}
		for _, want := range []string{
			`"udp":"yes","nat":"yes","mapped":"198.51.100.1:`, `"mapping":"address and port-dependent","filtering":"address and port-dependent"`,
			`"hairpin":"unknown","port_preserved":"no"`, `"test":"mapping","asked":"192.0.2.1:3478 and then 192.0.2.2:3478, then 192.0.2.2:3479"`,
		} {
			if !strings.Contains(string(b), want) {
				w.Errorf("no %s in %s", want, b)
			}
		}
	})
}
