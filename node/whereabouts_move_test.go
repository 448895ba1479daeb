package node_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
)

// moveTime is how long somebody who comes to another network may take to fetch again, and
// to be found and fetched from (THREATS F14).
const moveTime = time.Minute

// TestMovesElsewhere: a machine comes to another network in the middle of a download. It
// goes on, no byte twice, and others find it and fetch from it again.
func TestMovesElsewhere(t *testing.T) {
	box := func(c fabric.NATConfig) *fabric.NATConfig { return &c }
	for name, to := range map[string]struct {
		box  *fabric.NATConfig // where it comes to; nil: none
		home fabric.NATConfig  // where it comes from
	}{
		"to another NAT":         {box(fabric.PortRestricted()), fabric.PortRestricted()},
		"to a symmetric one":     {box(fabric.Symmetric()), fabric.FullCone()},
		"to where UDP is lost":   {box(fabric.UDPBlocked()), fabric.PortRestricted()},
		"to the open internet":   {nil, fabric.PortRestricted()},
		"from where UDP is lost": {box(fabric.RestrictedCone()), fabric.UDPBlocked()},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			bubble.Test(t, func(t *testing.T) {
				sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
				defer sim.Close()
				tn := &town{t: t, dir: folder, virtual: true, host: func(i int) (node.Network, string) {
					addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
					if i <= 4 {
						return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
					}
					return sim.NAT(addr, to.home).Host(netip.AddrFrom4([4]byte{192, 168, byte(i), 2})), "0.0.0.0:7000"
				}}
				defer tn.close()
				boris := tn.movesAs(nil, relaying)
				bruno := tn.movesAs(nil, relaying, boris)
				bert := tn.movesAs(nil, relaying, boris, bruno)
				song := noise(60 << 20)
				dora := tn.movesAs(fstest.MapFS{"Grey Song.ogg": file(song)}, func(cfg *node.Config) { asLeaf(cfg); cfg.UploadLimit = 500_000 }, boris)
				tn.shares(dora, 1)
				film := noise(3 << 20)
				clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film)}, func(cfg *node.Config) { asLeaf(cfg); cfg.Neighbors = 3 }, boris, bruno, bert)
				anna := tn.movesAs(nil, asLeaf, boris, bruno)
				tn.shares(clara, 1)
				tn.relayed(clara, 2)
				tn.linked(clara, 3)
				tn.linked(anna, 2)
				r := tn.finds(clara, "grey song", 1)
				if _, err := clara.Get(r, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				tn.until("a tenth of it", func() bool { return clara.Downloads()[0].Have > 6<<20 })

				was, seen := netip.AddrFrom4([4]byte{192, 168, 5, 2}), netip.AddrFrom4([4]byte{9, 50, 1, 1})
				move := fabric.Move{Host: was, To: seen}
				if to.box != nil {
					move.To, move.Behind = netip.AddrFrom4([4]byte{10, 0, 0, 2}), sim.NAT(seen, *to.box)
				}
				moved := time.Now()
				sim.At(moved, move)
				had := clara.Downloads()[0].Have
				var fetches, known, linked time.Duration
				tn.until("she fetches, and is reached and known where she is", func() bool {
					s, err := clara.Status(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					since := time.Since(moved)
					if fetches == 0 && clara.Downloads()[0].Have > had+1<<20 {
						fetches = since
					}
					if linked == 0 && since > 5*time.Second && len(s.Overlay.Neighbors) == 3 {
						linked = since
					}
					if known == 0 && s.Overlay.External == seen {
						known = since
					}
					return fetches > 0 && known > 0 && linked > 0 && (len(s.Relay.At) == 2 || s.Overlay.TCP.Open)
				})
				reached := time.Since(moved)
				found := tn.finds(anna, "blue film", 1)
				if _, err := anna.Get(found, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				tn.finish(anna, found)
				given := time.Since(moved)
				t.Logf("fetches after %v, has her links after %v, is known after %v, reached after %v, a file of hers is fetched after %v",
					fetches, linked, known, reached, given)
				if given > moveTime || fetches > moveTime || known > moveTime {
					t.Error("it took too long")
				}
				last := tn.finish(clara, r)
				got, err := os.ReadFile(filepath.Join(clara.downloads, "Grey Song.ogg"))
				if err != nil || string(got) != song || last.Wasted > 64<<10 {
					t.Errorf("fetched %d bytes, %v; %d in vain", len(got), err, last.Wasted)
				}
			})
		})
	}
}
