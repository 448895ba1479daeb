package download

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

var (
	cutRuns = flag.Int("cuts", 150, "how many times TestPowerCuts cuts the power")
	cutSeed = flag.Uint64("cut-seed", 1, "of the moments at which TestPowerCuts cuts it, and of what that loses")
)

// promise is how long a verified byte may be lost for after it came: the time that
// a crash may cost.
const promise = 5 * time.Second

// TestPowerCuts cuts the power of a machine that fetches from three honest sources
// and three others, again and again, at any call of its disk or any moment, which
// loses any of what was not synced; and kills it, which loses nothing but what was
// in memory. Every file becomes right and has its name no sooner; what had been
// written five seconds before a cut is there after it, however many follow.
func TestPowerCuts(t *testing.T) {
	var all crashes
	for seed := *cutSeed; all.cuts < *cutRuns; seed++ {
		inBubble(t, func(t *testing.T, n *pipes) {
			defer func() {
				if t.Failed() {
					t.Logf("again: -run TestPowerCuts -cuts 1 -cut-seed %d", seed)
				}
			}()
			crashUntilComplete(t, n, seed, &all)
		})
	}
	t.Logf("%d files, %d power cuts and %d kills, %d of both before the download had begun; then %d MB were there and %d KB gone, none of them older than %v",
		all.files, all.cuts, all.kills, all.early, all.kept/mb, all.lost/1000, promise)
}

// crashes is how many there were, and what they cost.
type crashes struct {
	files, cuts, kills, early int
	kept, lost                int64 // bytes that were written, where that was looked at
}

// crashUntilComplete is one file.
func crashUntilComplete(t *testing.T, n *pipes, seed uint64, sum *crashes) {
	const size = 1_300_000
	rng := rand.New(rand.NewPCG(seed, 7))
	disk := &witness{FS: faultfs.New(faultfs.Config{Seed: seed, NoLinks: seed%4 == 0})}
	c := gather(t, n, byte(seed), size, 10_000<<rng.Int64N(5))
	finder := finds(sourcesOf(c.seeds)...)
	var must, had ranges.Set // what must be there, and what was written
	for lives := 0; !complete(t, disk.FS, c); lives++ {
		if lives > 200 {
			t.Fatal("no end")
		}
		disk.Inject(faultfs.Fault{Op: faultfs.Sync, Delay: time.Duration(rng.Int64N(int64(400 * time.Millisecond)))})
		if rng.IntN(3) == 0 { // what is claimed late for that is not older than the rest
			op := []faultfs.Op{faultfs.Write, faultfs.Sync, faultfs.Create, faultfs.Rename, faultfs.SyncDir}[rng.IntN(5)]
			disk.Inject(faultfs.Fault{Op: op, Suffix: []string{".journal", ".tmp", ".filbert"}[rng.IntN(3)], Call: 1 + rng.IntN(6), Err: errIO})
		}
		if rng.IntN(2) == 0 {
			disk.Inject(faultfs.Fault{Call: 1 + rng.IntN(150), Cut: true})
		}
		began := false
		if s, err := store.New(store.Config{FS: disk, Folder: "/"}); err == nil {
			m := New(Config{Store: s, Connector: n, Finder: finder, Rand: rand.New(rand.NewPCG(seed, 1))})
			stop := running(m)
			_, err := m.Add(Request{File: c.file}) // fails if the power goes meanwhile
			began = err == nil
			pass(time.Duration(rng.Int64N(int64(20 * time.Second))))
			disk.Cut()
			stop()
		}
		disk.Cut()
		for _, w := range disk.written() {
			had.Add(w.Range)
			if disk.CutAt().Sub(w.at) > promise {
				must.Add(w.Range)
			}
		}
		if rng.IntN(4) == 0 {
			disk.Kill()
			sum.kills++
		} else {
			disk.Restart()
			sum.cuts++
		}
		if !began {
			sum.early++
		}
		if rng.IntN(3) > 0 || complete(t, disk.FS, c) {
			continue // the next is cut while it recovers from more than one
		}
		s, err := store.New(store.Config{FS: disk, Folder: "/"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Open(c.file, "")
		if err != nil {
			t.Fatal(err)
		}
		have := p.Have()
		for r := range must.All() {
			if !have.Contains(r) {
				t.Errorf("life %d: %v, written %v before a crash, is not in %v", lives, r, promise, &have)
			}
		}
		sum.kept, sum.lost = sum.kept+have.Len(), sum.lost+had.Len()-have.Len()
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		must, had = have.Clone(), have
	}
	sum.files++
	if _, err := store.New(store.Config{FS: disk, Folder: "/"}); err != nil { // takes away what came back
		t.Fatal(err)
	}
	left, err := disk.List(".filbert")
	if files, _ := disk.List("."); err != nil || len(left) > 0 || len(files) > 1 {
		t.Errorf("there are %v and %v, %v", files, left, err)
	}
}

// complete reports whether a file is complete and nobody goes on with it. Under its
// name there is never anything else than it, but for the empty file that keeps
// its place where a file has one name.
func complete(t *testing.T, disk *faultfs.FS, c *crowd) bool {
	t.Helper()
	names, err := disk.List(".")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, c.file.Name) {
		return false
	}
	f, err := disk.Open(c.file.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, len(c.bytes)+1)
	switch n, err := f.ReadAt(got, 0); {
	case n > 0 && !bytes.Equal(got[:n], c.bytes):
		t.Fatalf("%s has %d bytes that are not the %d wanted, %v", c.file.Name, n, len(c.bytes), err)
	case n == 0:
		return false
	}
	_, err = disk.Open(".filbert/" + c.file.SHA1.String() + ".journal")
	return err != nil
}
