package node_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/nat/stun"
	"filbert/node"
	"filbert/node/doctor"
	"filbert/overlay"
	"filbert/testnet/fabric"
)

// answers waits until a node answers STUN.
func (tn *town) answers(c *citizen) {
	tn.t.Helper()
	tn.until("it answers STUN", func() bool {
		s, err := c.Status(tn.t.Context())
		return err == nil && s.STUN.Serves
	})
}

// asks binds at a node from a host of its own.
func (tn *town) asks(c *citizen) (seen, own netip.AddrPort, err error) {
	tn.t.Helper()
	tn.count++
	network, listen := tn.host(tn.count)
	conn, err := network.ListenPacket(tn.t.Context(), "udp", listen)
	if err != nil {
		tn.t.Fatal(err)
	}
	client := stun.Open(conn, stun.Config{RTO: 100 * time.Millisecond, Sends: 2})
	defer client.Close()
	a, err := client.Bind(tn.t.Context(), c.Addr(), stun.Options{})
	return a.Mapped, conn.LocalAddr().(*net.UDPAddr).AddrPort(), err
}

// TestServesSTUN: a node answers STUN once it is an ultrapeer that others reach, and
// says so to those who link to it then; a leaf does not.
func TestServesSTUN(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, func(cfg *node.Config) { cfg.Mode = overlay.ModeUltrapeer })
		if _, _, err := tn.asks(boris); !errors.Is(err, stun.ErrTimeout) {
			t.Errorf("alone it answers: %v", err)
		}
		anna := tn.movesAs(nil, asLeaf, boris)
		tn.answers(boris)
		if seen, own, err := tn.asks(boris); err != nil || seen != own {
			t.Errorf("seen at %v, bound at %v: %v", seen, own, err)
		}
		if _, _, err := tn.asks(anna); !errors.Is(err, stun.ErrTimeout) {
			t.Errorf("a leaf answers: %v", err)
		}
		clara := tn.movesAs(nil, asLeaf, boris)
		tn.linked(clara, 1)
		s, err := clara.Status(context.WithoutCancel(t.Context()))
		if err != nil || !s.Overlay.Neighbors[0].STUN {
			t.Errorf("it does not say so: %+v, %v", s.Overlay.Neighbors, err)
		}
		s, err = boris.Status(t.Context())
		if err != nil || s.STUN.Server.Replies != 1 || s.UDP.STUN.Received < 2 || s.UDP.Gnutella.Received == 0 || s.UDP.QUIC.Received > 0 {
			t.Errorf("it counted %+v %+v, %v", s.UDP, s.STUN, err)
		}
	})
}

// discovers is how a node that links to three open ones finds its NAT, in how long.
func discovers(t *testing.T, nat fabric.NATConfig, check func(tn *town, d node.Discovered, s node.Status, said doctor.Check)) {
	amongNATs(t, 3, nat, func(t *testing.T, tn *town) {
		var open []*citizen
		for range 3 {
			open = append(open, tn.movesAs(nil, relaying, open...))
		}
		for _, c := range open {
			tn.answers(c)
		}
		anna := tn.movesAs(nil, func(cfg *node.Config) { cfg.Mode, cfg.Neighbors = overlay.ModeUltrapeer, 3 }, open...)
		tn.linked(anna, 3)
		var s node.Status
		tn.until("it has asked", func() (done bool) {
			var err error
			s, err = anna.Status(t.Context())
			return err == nil && !s.STUN.Found.At.IsZero()
		})
		checks, err := anna.Examine(t.Context())
		i := slices.IndexFunc(checks, func(c doctor.Check) bool { return c.Name == "stun" })
		if err != nil || i < 0 {
			t.Fatal(err)
		}
		check(tn, s.STUN.Found, s, checks[i])
	})
}

// TestDiscoversNAT asks three neighbors that answer STUN.
func TestDiscoversNAT(t *testing.T) {
	outside := netip.MustParseAddr("9.4.1.1")
	for _, test := range []struct {
		name               string
		nat                fabric.NATConfig
		udp, hairpin, port stun.Verdict
		mapping            stun.Mapping
		external           netip.Addr
		level              doctor.Level
		says               string
	}{
		{"port-restricted", fabric.PortRestricted(), stun.Yes, stun.No, stun.Yes, stun.MappingEndpointIndependent, outside, doctor.OK, "every host the same"},
		{"symmetric", fabric.Symmetric(), stun.Yes, stun.Unknown, stun.No, stun.MappingDependent, outside, doctor.Warn, "each host another"},
		{"blocked", fabric.UDPBlocked(), stun.No, stun.Unknown, stun.Unknown, stun.MappingUnknown, outside, doctor.Warn, "blocked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			discovers(t, test.nat, func(tn *town, d node.Discovered, s node.Status, said doctor.Check) {
				r := d.Report
				if r.UDP != test.udp || r.Hairpin != test.hairpin || r.PortPreserved != test.port || r.Mapping != test.mapping || len(r.Servers) != 3 {
					t.Errorf("found %+v", r)
				}
				if r.UDP == stun.Yes && r.Mapped.Addr() != outside {
					t.Errorf("seen at %v", r.Mapped)
				}
				if s.Overlay.External != test.external {
					t.Errorf("believes to be at %v", s.Overlay.External)
				}
				if said.Level != test.level || !strings.Contains(said.Found, test.says) {
					t.Errorf("said %+v", said)
				}
			})
		})
	}
}

// TestAsksNamedServers asks nobody but whom the settings name.
func TestAsksNamedServers(t *testing.T) {
	amongNATs(t, 0, fabric.FullCone(), func(t *testing.T, tn *town) {
		network, listen := tn.host(1)
		conn, err := network.ListenPacket(t.Context(), "udp", listen)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		tn.count = 1
		service := stun.NewService(stun.NewServer(netip.AddrPort{}), conn)
		go service.Run()
		// The server is behind a NAT of its own, which it opens itself.
		if _, err := conn.WriteTo([]byte("open"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("9.99.1.1:7000"))); err != nil {
			t.Fatal(err)
		}
		anna := tn.movesAs(nil, func(cfg *node.Config) {
			asLeaf(cfg)
			cfg.STUNServers = []netip.AddrPort{netip.MustParseAddrPort("9.1.1.1:7000")}
		})
		var s node.Status
		tn.until("it has asked", func() bool {
			s, err = anna.Status(t.Context())
			return err == nil && !s.STUN.Found.At.IsZero()
		})
		if r := s.STUN.Found.Report; r.UDP != stun.Yes || r.Mapped != netip.MustParseAddrPort("9.2.1.1:7000") || len(r.Servers) != 1 {
			t.Errorf("found %+v", r)
		}
		if s.Overlay.External.IsValid() {
			t.Errorf("one server is believed: %v", s.Overlay.External)
		}
	})
}
