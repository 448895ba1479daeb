package node_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/overlay"
	"filbert/query"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
)

// amongNATs runs body on a fabric where the first hosts, as many as are open, are, and
// all others sit behind NATs of their own.
func amongNATs(t *testing.T, open int, nat fabric.NATConfig, body func(t *testing.T, tn *town)) {
	t.Helper()
	amongBoxes(t, open, func(int) fabric.NATConfig { return nat }, body)
}

// amongBoxes is amongNATs with a box of its own kind for each host.
func amongBoxes(t *testing.T, open int, nat func(i int) fabric.NATConfig, body func(t *testing.T, tn *town)) {
	folder := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		tn := &town{t: t, dir: folder, virtual: true, host: func(i int) (node.Network, string) {
			addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
			if i <= open {
				return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
			}
			inside := netip.AddrFrom4([4]byte{192, 168, byte(i), 2})
			return sim.NAT(addr, nat(i)).Host(inside), netip.AddrPortFrom(inside, 7000).String()
		}}
		defer tn.close()
		body(t, tn)
	})
}

// relaying is an ultrapeer that relays.
func relaying(cfg *node.Config) { cfg.Mode, cfg.Relay = overlay.ModeUltrapeer, true }

func asLeaf(cfg *node.Config) { cfg.Mode = overlay.ModeLeaf }

// relayed waits until a node is reached over so many relays.
func (tn *town) relayed(c *citizen, n int) {
	tn.t.Helper()
	tn.until(fmt.Sprintf("%d relays lead to it", n), func() bool {
		s, err := c.Status(tn.t.Context())
		return err == nil && len(s.Relay.At) == n
	})
}

// finish waits until the one download of a node is over.
func (tn *town) finish(c *citizen, r query.Result) (last download.Status) {
	tn.t.Helper()
	for last = range c.Watch(tn.t.Context(), r.File.SHA1) {
	}
	return last
}

func noise(n int) string {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{5}).Read(b)
	return string(b)
}

// TestFetchOverRelays: anna and clara sit behind NATs that no path goes through. What clara shares, anna finds,
// and fetches over the ultrapeers that both have, in as many circuits as it takes.
func TestFetchOverRelays(t *testing.T) {
	amongNATs(t, 2, fabric.Symmetric(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, relaying, boris)
		tn.linked(bruno, 1)
		film := noise(9 << 20) // more than two circuits carry
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film)}, asLeaf, boris, bruno)
		anna := tn.movesAs(nil, asLeaf, boris, bruno)
		tn.linked(clara, 2)
		tn.linked(anna, 2)
		tn.shares(clara, 1)
		tn.relayed(clara, 2)

		r := tn.finds(anna, "blue film", 1)
		s := r.Sources[0]
		id, _ := clara.Status(t.Context())
		if !s.Push || s.Peer != id.Peer || !slices.Equal(s.Relays, []netip.AddrPort{boris.Addr(), bruno.Addr()}) {
			t.Fatalf("found %+v", s)
		}
		began := time.Now()
		if _, err := anna.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		last := tn.finish(anna, r)
		got, err := os.ReadFile(filepath.Join(anna.downloads, "Blue Film.avi"))
		if err != nil || string(got) != film || last.State != download.Complete || last.Wasted > 0 {
			t.Errorf("fetched %d bytes, %v, %+v", len(got), err, last)
		}
		carried, opened := uint64(0), uint64(0)
		for _, relay := range []*citizen{boris, bruno} {
			s, err := relay.Status(t.Context())
			if err != nil || !s.Relay.Serves {
				t.Errorf("relay: %+v, %v", s.Relay, err)
			}
			carried, opened = carried+s.Relay.Stats.Bytes, opened+uint64(s.Relay.Stats.Circuits)
			for _, n := range s.Relay.Stats.Ended {
				opened += n
			}
		}
		// One more has the words about a path that does not come about.
		if opened != 4 || carried < uint64(len(film))*8/10 {
			t.Errorf("%d circuits carried %d bytes", opened, carried)
		}
		t.Logf("%d bytes in %v, over %d circuits", len(film), time.Since(began), opened)

		boris.stop()
		tn.relayed(clara, 1)
		tn.until("hits tell of the other relay alone", func() bool {
			return slices.Equal(tn.finds(anna, "blue film", 1).Sources[0].Relays, []netip.AddrPort{bruno.Addr()})
		})
	})
}

// TestRelayOfAnother: whoever puts a key of his own beside the GUID of somebody else,
// or names a relay that knows nothing of the peer, leads nobody to himself.
func TestRelayOfAnother(t *testing.T) {
	amongNATs(t, 1, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, relaying)
		clara := tn.movesAs(fstest.MapFS{"Blue Song.ogg": file(noise(10_000))}, asLeaf, boris)
		dora := tn.movesAs(nil, asLeaf, boris)
		anna := tn.movesAs(nil, asLeaf, boris)
		tn.linked(anna, 1)
		tn.shares(clara, 1)
		tn.relayed(clara, 1)
		tn.relayed(dora, 1)
		for _, test := range []struct {
			name   string
			change func(r *query.Result)
			want   string
		}{
			{"another key", func(r *query.Result) {
				id, _ := dora.Status(t.Context())
				r.Sources[0].Peer = id.Peer
			}, node.ErrNotItsKey.Error()},
			{"a host that is no relay", func(r *query.Result) {
				r.Sources[0].Relays = []netip.AddrPort{netip.MustParseAddrPort("9.1.1.1:7001")}
			}, "refused"},
		} {
			r := tn.finds(anna, "blue song", 1)
			r.Sources = slices.Clone(r.Sources)
			r.Sources[0].Relays = slices.Clone(r.Sources[0].Relays)
			r.Sources[0].PunchProxies = nil // or one would lead to her
			test.change(&r)
			if _, err := anna.Get(r, "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			tn.until(test.name+" is refused", func() bool {
				peers := anna.Downloads()[0].Peers
				return len(peers) > 0 && strings.Contains(peers[0].Reason, test.want)
			})
			if err := anna.Cancel(t.Context(), r.File.SHA1, true); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestOpenNeedsNoRelay: who can be connected to reserves nowhere, and who is asked to
// relay and does not refuses.
func TestOpenNeedsNoRelay(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, relaying)
		clara := tn.movesAs(nil, asLeaf, boris)
		tn.linked(clara, 1)
		tn.open(clara)
		began := time.Now()
		tn.until("much time has passed", func() bool { return time.Since(began) > 50*time.Second })
		s, err := boris.Status(t.Context())
		if err != nil || !s.Relay.Serves || s.Port.Relayed > 0 {
			t.Errorf("the relay: %+v, asked %d times, %v", s.Relay, s.Port.Relayed, err)
		}
	})
}
