package natlab

import (
	"context"
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

// TestRealNATs has a host behind each box between network namespaces find out what it is, by
// a server of ours with two addresses outside.
func TestRealNATs(t *testing.T) {
	needSpaces(t)
	const same, port = stun.MappingEndpointIndependent, stun.FilteringAddressAndPortDependent
	for k, want := range map[Kind]found{
		Open:           {stun.Yes, stun.No, same, stun.FilteringEndpointIndependent},
		FullCone:       {stun.Yes, stun.Yes, same, stun.FilteringEndpointIndependent},
		Restricted:     {stun.Yes, stun.Yes, same, stun.FilteringAddressDependent},
		PortRestricted: {stun.Yes, stun.Yes, same, port},
		Symmetric:      {stun.Yes, stun.Yes, stun.MappingAddressAndPortDependent, port},
		CGNAT:          {stun.Yes, stun.Yes, same, port},
		UDPBlocked:     {udp: stun.No},
	} {
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel() // most of it is waited
			testRealNAT(t, k, want)
		})
	}
}

func testRealNAT(t *testing.T, k Kind, want found) {
	spaces, err := newSpaces(false)
	if err != nil {
		t.Fatal(err)
	}
	defer spaces.Close()
	open := func(host node.Network, at netip.AddrPort) net.PacketConn {
		c, err := host.ListenPacket(t.Context(), "udp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var at []netip.AddrPort
	var conns []net.PacketConn
	for number := byte(1); number <= 2; number++ {
		host, addr, err := spaces.host(Open, spot{number: number})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []uint16{3478, 3479} {
			at = append(at, netip.AddrPortFrom(addr, p))
			conns = append(conns, open(host, at[len(at)-1]))
		}
	}
	var serving sync.WaitGroup
	defer serving.Wait()
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	serving.Go(stun.NewService(stun.NewServer(at...), conns...).Run)

	host, addr, err := spaces.host(k, spot{number: 3})
	if err != nil {
		t.Fatal(err)
	}
	cfg := stun.Config{RTO: 200 * time.Millisecond, Sends: 3}
	own := netip.AddrPortFrom(addr, 5000)
	client := stun.Open(open(host, own), cfg)
	defer client.Close()
	got, err := stun.Discover(t.Context(), stun.Discovery{
		Servers: at[:1], Client: client, Local: []netip.AddrPort{own}, Config: cfg,
		Listen: func(ctx context.Context) (net.PacketConn, error) {
			return host.ListenPacket(ctx, "udp", netip.AddrPortFrom(addr, 0).String())
		},
	})
	if is := (found{got.UDP, got.NAT, got.Mapping, got.Filtering}); is != want || err != nil {
		t.Errorf("it is found to be %+v, want %+v; %v", is, want, err)
		for _, f := range got.Findings {
			t.Logf("%+v", f)
		}
	}
	if got.UDP == stun.Yes && got.Mapped.Addr() != public(3, false) {
		t.Errorf("mapped to %v", got.Mapped)
	}
}
