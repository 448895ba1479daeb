package node_test

import (
	"crypto/sha1"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"filbert/node"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// TestShareWhileFetching: anna gives a file slowly. Clara knows boris only, who
// is fetching it, and has from him what is there, verified by the tree that he
// has from anna.
func TestShareWhileFetching(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		film := make([]byte, 3<<20)
		rand.NewChaCha8([32]byte{9}).Read(film)
		h := urn.SHA1(sha1.Sum(film))
		slow := func(cfg *node.Config) { cfg.UploadLimit = 200_000 }
		anna := tn.movesAs(fstest.MapFS{"film.mp4": file(string(film))}, slow)
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 1 })
		boris, clara := tn.moves(nil), tn.moves(nil)

		from := func(c *citizen) urn.Magnet {
			m := link(h, "film.mp4", int64(len(film)))
			m.Sources = []string{"http://" + c.Addr().String() + "/uri-res/N2R?" + h.URN()}
			return m
		}
		if _, err := boris.GetMagnet(t.Context(), from(anna), "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.until("boris has a part", func() bool { return boris.Downloads()[0].Have > 500_000 })
		if _, err := clara.GetMagnet(t.Context(), from(boris), "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.until("clara has a part", func() bool { return clara.Downloads()[0].Have > 400_000 })
		if s := clara.Downloads()[0]; s.Verify != "BLAKE3" || s.Wasted > 0 {
			t.Errorf("verified by %q, %d bytes for nothing", s.Verify, s.Wasted)
		}
		if s := boris.Downloads()[0]; s.State != download.Downloading {
			t.Errorf("boris has it already: %+v", s)
		}
		tn.until("boris has it all", func() bool { return boris.Downloads()[0].State == download.Complete })
		if got, err := os.ReadFile(filepath.Join(boris.downloads, "film.mp4")); err != nil || urn.SHA1(sha1.Sum(got)) != h {
			t.Errorf("boris has %d bytes, %v", len(got), err)
		}
	})
}
