package natlab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"filbert/nat/stun"
	"filbert/node"
)

// found is what STUN is to say of a box.
type found struct {
	udp, nat  stun.Verdict
	mapping   stun.Mapping
	filtering stun.Filtering
}

// TestRealNATs has a host behind each box between network namespaces find out what it is, by a server of ours with two
// addresses outside, and by a coturn with two.
func TestRealNATs(t *testing.T) {
	needSpaces(t)
	program, missing := turnserver(t)
	spaces, err := newSpaces(false)
	if err != nil {
		t.Fatal(err)
	}
	defer spaces.Close()
	servers := []netip.AddrPort{oursOfTwo(t, spaces, 1)}
	if missing == nil {
		servers = append(servers, coturnOfTwo(t, spaces, program, 2))
	}

	const same, port = stun.MappingEndpointIndependent, stun.FilteringAddressAndPortDependent
	var boxes []*box
	for k, want := range map[Kind]found{
		Open:           {stun.Yes, stun.No, same, stun.FilteringEndpointIndependent},
		FullCone:       {stun.Yes, stun.Yes, same, stun.FilteringEndpointIndependent},
		Restricted:     {stun.Yes, stun.Yes, same, stun.FilteringAddressDependent},
		PortRestricted: {stun.Yes, stun.Yes, same, port},
		Symmetric:      {stun.Yes, stun.Yes, stun.MappingAddressAndPortDependent, port},
		CGNAT:          {stun.Yes, stun.Yes, same, port},
		UDPBlocked:     {udp: stun.No},
	} {
		number := byte(3 + len(boxes))
		host, addr, err := spaces.host(k, spot{number: number})
		if err != nil {
			t.Fatal(err)
		}
		own := netip.AddrPortFrom(addr, 5000)
		client := stun.Open(listen(t, host, own), realSTUN)
		defer client.Close()
		boxes = append(boxes, &box{t, k, want, host, own, client})
	}

	var asking sync.WaitGroup // all at one time, for most of it is waited
	for i, b := range boxes {
		outside := public(byte(3+i), false)
		asking.Go(func() {
			reports := make([]stun.Report, len(servers))
			var both sync.WaitGroup // from one port, and each from another that it alone knows
			for i, server := range servers {
				both.Go(func() { reports[i] = b.findOut(server, 1+2*i) })
			}
			both.Wait()
			for i, r := range reports {
				if r.UDP == stun.Yes && r.Mapped.Addr() != outside {
					t.Errorf("%v: mapped to %v, says %v, and its outer address is %v", b.kind, r.Mapped, servers[i], outside)
				}
				if b.want.mapping == same && r.Mapped != reports[0].Mapped {
					t.Errorf("%v: mapped to %v, says %v; to %v, says %v", b.kind, r.Mapped, servers[i], reports[0].Mapped, servers[0])
				}
			}
		})
	}
	asking.Wait()
	if missing != nil {
		t.Skip("our own server alone was asked: ", missing)
	}
}

// box is one with a host behind it.
type box struct {
	*testing.T
	kind   Kind
	want   found
	host   node.Network
	own    netip.AddrPort // of the client
	client *stun.Client
}

// realSTUN is how often and how long is asked between namespaces, where there is no latency.
var realSTUN = stun.Config{RTO: 200 * time.Millisecond, Sends: 3}

// findOut asks one server, some times at most until it says what is to be found. Ours gives a host the answers of one
// discovery; coturn loses a datagram now and then on a busy machine, which may look like a filter.
func (b *box) findOut(server netip.AddrPort, times int) (r stun.Report) {
	for range times {
		var err error
		r, err = stun.Discover(b.Context(), stun.Discovery{
			Servers: []netip.AddrPort{server}, Client: b.client, Local: []netip.AddrPort{b.own}, Config: realSTUN,
			Listen: func(ctx context.Context) (net.PacketConn, error) {
				return b.host.ListenPacket(ctx, "udp", netip.AddrPortFrom(b.own.Addr(), 0).String())
			},
		})
		if is := (found{r.UDP, r.NAT, r.Mapping, r.Filtering}); is == b.want && err == nil {
			return r
		}
		b.Logf("%v: by %v it is found to be %v, %v; %v", b.kind, server, r.Mapping, r.Filtering, err)
		for _, f := range r.Findings {
			b.Logf("%+v", f)
		}
	}
	b.Errorf("%v: by %v it is not found to be %+v", b.kind, server, b.want)
	return r
}

// oursOfTwo runs a server of ours with two addresses and two ports each, until the test ends, and returns the first.
func oursOfTwo(t *testing.T, spaces *spaces, number byte) netip.AddrPort {
	t.Helper()
	host, at := twoAddresses(t, spaces, number)
	var conns []net.PacketConn
	for _, a := range at {
		conns = append(conns, listen(t, host, a))
	}
	var serving sync.WaitGroup
	serving.Go(stun.NewService(stun.NewServer(at...), conns...).Run)
	t.Cleanup(func() {
		for _, c := range conns {
			c.Close()
		}
		serving.Wait()
	})
	return at[0]
}

// coturnOfTwo runs such a coturn.
func coturnOfTwo(t *testing.T, spaces *spaces, program string, number byte) netip.AddrPort {
	t.Helper()
	host, at := twoAddresses(t, spaces, number)
	coturn(t, host, program, at, "--stun-only", "-L", at[0].Addr().String(), "-L", at[2].Addr().String(), "--alt-listening-port", fmt.Sprint(at[1].Port()))
	return at[0]
}

// twoAddresses makes an open host a server of RFC 5780: two addresses with two ports each.
func twoAddresses(t *testing.T, spaces *spaces, number byte) (host node.Network, at []netip.AddrPort) {
	t.Helper()
	host, first, err := spaces.host(Open, spot{number: number})
	if err != nil {
		t.Fatal(err)
	}
	second := first.Next()
	if err := host.(*space).run(nil, fmt.Sprintf("ip addr add %v/24 dev wan", second)); err != nil {
		t.Fatal(err)
	}
	for _, addr := range []netip.Addr{first, second} {
		at = append(at, netip.AddrPortFrom(addr, 3478), netip.AddrPortFrom(addr, 3479))
	}
	return host, at
}

func listen(t *testing.T, host node.Network, at netip.AddrPort) net.PacketConn {
	t.Helper()
	c, err := host.ListenPacket(t.Context(), "udp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
