package node_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"filbert/nat/stun"
	"filbert/node"
	"filbert/overlay"
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
