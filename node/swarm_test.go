package node_test

import (
	"crypto/sha1"
	"flag"
	"math"
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
	swarmMiB   = flag.Int64("swarm-size", 4, "size of the file of TestSwarm, in MiB")
	swarmOnce  = flag.Duration("swarm-once", 100*time.Second, "time that it takes over one link")
)

// TestSwarm: many who know nobody but one seed fetch its file at the same time, all
// over equal links. They find each other, get different parts from the seed, and have
// the rest from one another: the last is there after little more than the time the
// file takes over one link, when the seed gave it little more than once. A file of 4
// MiB has 64 slices, of which a node gives four at a time: some hops of those four are
// what it takes longer. Of 16 MiB they hardly count, even among fifty.
func TestSwarm(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		once := *swarmOnce
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
		// At every hop a slice comes at a quarter of the rate of a link, and is asked for first.
		const slice = 64 << 10
		most := 1.12 + 8*slice/float64(size)*math.Log2(float64(len(all)))
		if factor := took.Seconds() / once.Seconds(); factor > most || copies > most {
			t.Errorf("it took %.2f times one copy, and %.2f copies of the seed; want %.2f", factor, copies, most)
		}
	})
}
