package node_test

import (
	"crypto/sha1"
	"flag"
	"math/rand/v2"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

var (
	swarmNodes = flag.Int("swarm", 8, "downloaders of TestSwarm")
	swarmMiB   = flag.Int64("swarm-size", 2, "size of the file of TestSwarm, in MiB")
)

// TestSwarm: many who know nobody but one seed fetch its file at the same time, all
// over equal links. They find each other and have most of it from one another.
func TestSwarm(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		const once = 600 * time.Second // that the file takes over one link
		size := *swarmMiB << 20
		film := make([]byte, size)
		rand.NewChaCha8([32]byte{9}).Read(film)
		h := urn.SHA1(sha1.Sum(film))
		slow := func(cfg *node.Config) {
			cfg.UploadLimit = size / int64(once/time.Second)
			cfg.DownloadLimit = cfg.UploadLimit
		}
		seed := tn.movesAs(fstest.MapFS{"film.mp4": file(string(film))}, slow)
		tn.shares(seed, 1)
		m := link(h, "film.mp4", size)
		m.Sources = []string{"http://" + seed.Addr().String() + "/uri-res/N2R?" + h.URN()}
		began := time.Now()
		var all []*citizen
		for range *swarmNodes {
			c := tn.movesAs(nil, slow)
			if _, err := c.GetMagnet(t.Context(), m, "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		wasted, tick := int64(0), time.NewTicker(time.Second)
		defer tick.Stop()
		for _, c := range all {
			for s := c.Downloads()[0]; s.State != download.Complete; s = c.Downloads()[0] {
				if time.Since(began) > time.Duration(*swarmNodes)*once {
					t.Fatalf("it takes longer than from the seed alone: %+v", s)
				}
				<-tick.C
			}
			wasted += c.Downloads()[0].Wasted
		}
		took := time.Since(began)
		s, err := seed.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		copies := float64(s.Uploaded) / float64(size)
		t.Logf("%d have it after %.2f times the time of one copy over one link; the seed gave %.2f copies, %.1f %% came for nothing",
			len(all), took.Seconds()/once.Seconds(), copies, 100*float64(wasted)/float64(size)/float64(len(all)))
		if most := float64(len(all)) / 2; took.Seconds() > most*once.Seconds() || copies > most {
			t.Errorf("the seed did more than half of it: %.2f copies, in %v", copies, took)
		}
	})
}
