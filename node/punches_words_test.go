package node_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/overlay"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
)

// asUltrapeer relays for nobody.
func asUltrapeer(cfg *node.Config) { cfg.Mode, cfg.Relay = overlay.ModeUltrapeer, false }

// punchable waits until hits name push proxies of a node that pass words on.
func (tn *town) punchable(asker *citizen, words string, proxies int) {
	tn.t.Helper()
	tn.until("its hits name push proxies", func() bool {
		return len(tn.finds(asker, words, 1).Sources[0].PunchProxies) == proxies
	})
}

// TestWordsInPlaceOfRelay: a relay that is named does not answer, so words through a push
// proxy open a path.
func TestWordsInPlaceOfRelay(t *testing.T) {
	amongNATs(t, 1, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, relaying)
		clara := tn.movesAs(fstest.MapFS{"Blue Song.ogg": file(noise(10_000))}, asLeaf, boris)
		anna := tn.movesAs(nil, asLeaf, boris)
		tn.linked(anna, 1)
		tn.shares(clara, 1)
		tn.relayed(clara, 1)
		tn.answers(boris)
		tn.punchable(anna, "blue song", 1)
		r := tn.finds(anna, "blue song", 1)
		src := r.Sources[0]
		src.Relays = []netip.AddrPort{netip.MustParseAddrPort("9.1.1.1:7001")}
		tn.until("anna knows that nobody can connect to her", func() bool { return tn.explains(anna, src) == "helped: relay 0s, punch 3s" })
		took := firstByte(t, func(ctx context.Context) (net.Conn, error) { return anna.Reach(ctx, src) }, r.File.SHA1)
		if got := tn.explains(anna, src); got != "helped: punch 0s, relay 3s; punch worked; relay failed" || took > 3*time.Second {
			t.Errorf("in %v by %s", took, got)
		}
	})
}

// TestPunchesWithoutRelay: nobody relays, and nobody can connect to anna and clara. What
// clara shares, anna fetches over a path through both NATs, which words through clara's push
// proxies opened.
func TestPunchesWithoutRelay(t *testing.T) {
	amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, asUltrapeer)
		bruno := tn.movesAs(nil, asUltrapeer, boris)
		film := noise(5 << 20)
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film)}, asLeaf, boris, bruno)
		anna := tn.movesAs(nil, asLeaf, boris, bruno)
		tn.linked(anna, 2)
		tn.answers(boris)
		tn.answers(bruno)
		tn.shares(clara, 1)
		tn.punchable(anna, "blue film", 2)
		r := tn.finds(anna, "blue film", 1)
		if s := r.Sources[0]; len(s.Relays) > 0 || s.Peer != clara.PeerID() {
			t.Fatalf("found %+v", s)
		}
		tn.until("anna knows that nobody can connect to her", func() bool { return tn.explains(anna, r.Sources[0]) == "helped: punch 0s" })
		began := time.Now()
		took := firstByte(t, func(ctx context.Context) (net.Conn, error) { return anna.Reach(ctx, r.Sources[0]) }, r.File.SHA1)
		t.Logf("the first byte is here after %v", took)
		if took > 3*time.Second {
			t.Errorf("the first byte took %v", took)
		}
		if _, err := anna.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		last := tn.finish(anna, r)
		got, err := os.ReadFile(filepath.Join(anna.downloads, "Blue Film.avi"))
		if err != nil || string(got) != film || last.State != download.Complete || last.Wasted > 0 {
			t.Errorf("fetched %d bytes, %v, %+v", len(got), err, last)
		}
		t.Logf("%d bytes are here after %v", len(got), time.Since(began))
		if p := tn.paths(anna); p.Open != 1 || p.Opened != 1 || p.Failed != 0 || p.Received < uint64(len(film)) {
			t.Errorf("anna has %+v", p)
		}
		if p, q := tn.paths(boris), tn.paths(bruno); p.Words+q.Words != 3 || p.Opened+q.Opened != 0 {
			t.Errorf("words passed on: %d and %d, want an Offer, an Answer and a Sync", p.Words, q.Words)
		}
		if got := tn.explains(anna, r.Sources[0]); !strings.HasPrefix(got, "helped: punch 0s; punch worked") {
			t.Errorf("anna went by %s", got)
		}
	})
}
