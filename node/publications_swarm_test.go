package node_test

import (
	"flag"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filbert/node"
)

var (
	publishTo    = flag.Int("publish", 4, "followers of TestPublishSwarm")
	publishMiB   = flag.Int64("publish-size", 2, "size of the folder of TestPublishSwarm, in MiB")
	publishFiles = flag.Int("publish-files", 60, "files of that folder")
	publishOnce  = flag.Duration("publish-once", 100*time.Second, "time that it takes over one link")
	publishStops = flag.Int("publish-stops", 2, "how often one of them is stopped and started again on the way")
)

// TestPublishSwarm: many follow a folder over equal links, of whom now and then one ends and
// begins again. The last has it after little more than the time that the folder takes over
// one link, when the publisher gave it little more than once; of a version of which one file
// in a hundred changed little more than these files travels.
func TestPublishSwarm(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		once := *publishOnce
		one := newAlbum(*publishFiles, *publishMiB<<20, 7)
		size := one.size()
		slow := func(cfg *node.Config) {
			cfg.UploadLimit = int64(float64(size) / once.Seconds())
			cfg.DownloadLimit = cfg.UploadLimit
		}
		all := tn.family(1+*publishTo, slow)
		anna, rest := all[0], all[1:]
		dir := one.put(t, filepath.Join(tn.dir, "album"))
		version := func() {
			t.Helper()
			if _, err := anna.Publish(t.Context(), tn.groupOf(anna), dir, "Blue Album", 1); err != nil {
				t.Fatal(err)
			}
		}
		version()
		began := time.Now()
		for _, c := range rest {
			tn.follows(c, "Blue Album")
		}
		for _, c := range rest {
			one.is(t, tn.has(c, "Blue Album", 1))
		}
		took := time.Since(began)
		sent, _ := tn.given(anna)
		factor, copies := took.Seconds()/once.Seconds(), float64(sent)/float64(size)
		t.Logf("%d have %d files of %d MiB after %.2f times the time of one copy over one link; the publisher gave %.2f copies", len(rest), len(one), *publishMiB, factor, copies)

		// One file in a hundred is another one, of the same length.
		two, changed := maps.Clone(one), album{}
		other := newAlbum(*publishFiles, *publishMiB<<20, 8)
		names := slices.Sorted(maps.Keys(one))
		for i := 50; i < len(names); i += 100 {
			b := other[names[(i+1)%len(names)]]
			for len(b) < len(one[names[i]]) {
				b = append(b, b...)
			}
			changed[names[i]] = b[:len(one[names[i]])]
		}
		maps.Copy(two, changed)
		changed.put(t, dir)
		got := func() (all uint64) {
			for _, c := range rest {
				_, n := tn.given(c)
				all += n
			}
			return all
		}
		before := got()
		version()
		for _, c := range rest {
			two.is(t, tn.has(c, "Blue Album", 2))
		}
		moved := float64(got()-before) / float64(len(rest)) / float64(size)
		const slice = 64 << 10
		most := 1.3 + 8*slice/float64(size)*math.Log2(float64(len(rest))) // at every hop a slice comes at a part of the rate of a link
		if factor > most || copies > most {
			t.Errorf("want %.2f", most)
		}
		t.Logf("of a version of which %.2f %% changed %.2f %% went to each", 100*float64(changed.size())/float64(size), 100*moved)

		// Each file costs two slices that have bytes of others, too; a probe, manifest and tree come beside.
		if most := float64(changed.size()+int64(1+2*len(changed))*slice+int64(len(one))*80+32*size/slice) / float64(size); moved > most {
			t.Errorf("want %.2f %%", 100*most)
		}
		if *publishStops == 0 {
			return
		}
		// All is another one, and on the way members end and begin again.
		other.put(t, dir)
		version()
		rng := rand.New(rand.NewPCG(5, 5))
		pause := once / time.Duration(*publishStops+1)
		for range *publishStops {
			<-time.After(pause)
			i := rng.IntN(len(rest))
			rest[i] = tn.returns(rest[i], slow)
		}
		for _, c := range rest {
			other.is(t, tn.has(c, "Blue Album", 3))
		}
	})
}
