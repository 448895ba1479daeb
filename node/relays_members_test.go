package node_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
	"time"

	"filbert/nat/relay"
	"filbert/node"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// TestRelayForMembers: strangers behind one NAT have all places at a relay that are for those at
// an address. Of two more behind it the one who is in a group of the relay is reached over it.
func TestRelayForMembers(t *testing.T) {
	folder := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		box := sim.NAT(netip.MustParseAddr("9.9.1.1"), fabric.Symmetric())
		tn := &town{t: t, dir: folder, virtual: true, host: func(i int) (node.Network, string) {
			if i <= 2 {
				addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
				return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
			}
			inside := netip.AddrFrom4([4]byte{192, 168, 1, byte(i)})
			return box.Host(inside), netip.AddrPortFrom(inside, 7000).String()
		}}
		defer tn.close()
		tn.grouped()
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, asLeaf, boris)
		tn.linked(bruno, 1)
		relays := func() node.RelayStatus {
			s, err := boris.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s.Relay
		}
		<-time.After(10 * time.Second) // others have reached boris, and he looked at that

		stranger := box.Host(netip.MustParseAddr("192.168.1.100"))
		dial := func(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
			return stranger.DialContext(ctx, "tcp", at.String())
		}
		for full := false; !full; {
			seed := make([]byte, ed25519.SeedSize)
			seed[0] = byte(200 + relays().Stats.Reservations)
			l, err := relay.NewClient(dial, relay.Key(ed25519.NewKeyFromSeed(seed))).Listen(t.Context(), boris.Addr(), relay.ListenConfig{TLS: &tls.Config{}})
			if full = err != nil; !full {
				defer l.Close()
			}
		}
		taken := relays().Stats.Reservations
		if taken == 0 || relays().Stats.Refused[relay.HostReservations] == 0 {
			t.Fatalf("strangers have %+v", relays().Stats)
		}

		clara, dora := tn.movesAs(nil, asLeaf, boris), tn.movesAs(nil, asLeaf, boris)
		tn.linked(clara, 1)
		tn.linked(dora, 1)
		if _, err := boris.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(boris, clara, "family")
		tn.until("clara has a place of members", func() bool { return relays().Stats.Friends == 1 })
		tn.relayed(clara, 1)
		<-time.After(time.Minute)
		if s, err := dora.Status(t.Context()); err != nil || len(s.Relay.At) != 0 {
			t.Errorf("dora is reached over %v, %v", s.Relay.At, err)
		}
		if st := relays().Stats; st.Reservations != taken+1 || st.Friends != 1 {
			t.Errorf("boris has %+v", st)
		}
	})
}
