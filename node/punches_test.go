package node_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
)

// paths is what a node has of paths through NATs.
func (tn *town) paths(c *citizen) node.PathStatus {
	tn.t.Helper()
	s, err := c.Status(tn.t.Context())
	if err != nil {
		tn.t.Fatal(err)
	}
	return s.Paths
}

// TestMovesToAPath: a file begins over a relay, and goes on over a path through both
// NATs once there is one. The path stays for what comes next, and is closed when
// nobody uses it.
func TestMovesToAPath(t *testing.T) {
	amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, relaying, boris)
		film, song := noise(12<<20), noise(1<<20)
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film), "Grey Song.ogg": file(song)}, asLeaf, boris, bruno)
		anna := tn.movesAs(nil, asLeaf, boris, bruno)
		tn.linked(anna, 2)
		tn.shares(clara, 2)
		tn.relayed(clara, 2)
		fetch := func(words, name, want string) {
			t.Helper()
			r := tn.finds(anna, words, 1)
			if _, err := anna.Get(r, "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			last := tn.finish(anna, r)
			got, err := os.ReadFile(filepath.Join(anna.downloads, name))
			if err != nil || string(got) != want || last.Wasted > 0 {
				t.Errorf("fetched %d bytes, %v, %+v", len(got), err, last)
			}
		}
		relayed := func() (sum uint64) {
			for _, r := range []*citizen{boris, bruno} {
				s, err := r.Status(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				sum += s.Relay.Stats.Bytes
			}
			return sum
		}
		fetch("blue film", "Blue Film.avi", film)
		if p := tn.paths(anna); p.Open != 1 || p.Opened != 1 || p.Failed != 0 || p.Received < uint64(len(film))/2 {
			t.Errorf("anna has %+v", p)
		}
		began, before, through := time.Now(), relayed(), tn.paths(anna).Received
		fetch("grey song", "Grey Song.ogg", song)
		if p := tn.paths(anna); relayed() != before || p.Received < through+uint64(len(song)) {
			t.Errorf("the next file came over a relay: %+v", p)
		}
		t.Logf("the next file took %v", time.Since(began))
		for range 3 { // idle for so long
			tn.until("a minute, or the end of the path", func() bool { return time.Since(began) > 50*time.Second || tn.paths(anna).Open == 0 })
			began = time.Now()
		}
		if p := tn.paths(anna); p.Open != 0 {
			t.Errorf("idle, anna has %+v", p)
		}
		tn.until("clara hears of the end", func() bool { p := tn.paths(clara); return p.Open == 0 && p.Opened == 1 })
	})
}

// TestNoPath: NATs that cannot be crossed cost nothing but the attempt, which is not
// repeated soon.
func TestNoPath(t *testing.T) {
	for name, nat := range map[string]fabric.NATConfig{"symmetric": fabric.Symmetric(), "no UDP": fabric.UDPBlocked()} {
		t.Run(name, func(t *testing.T) {
			amongNATs(t, 1, nat, func(t *testing.T, tn *town) {
				boris := tn.movesAs(nil, relaying)
				film := noise(5 << 20)
				clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film)}, asLeaf, boris)
				anna := tn.movesAs(nil, asLeaf, boris)
				tn.linked(anna, 1)
				tn.shares(clara, 1)
				tn.relayed(clara, 1)
				for range 3 {
					r := tn.finds(anna, "blue film", 1)
					if _, err := anna.Get(r, "", download.Terms{}); err != nil {
						t.Fatal(err)
					}
					if last := tn.finish(anna, r); last.State != download.Complete {
						t.Fatalf("%+v", last)
					}
					if err := anna.Cancel(t.Context(), r.File.SHA1, true); err != nil {
						t.Fatal(err)
					}
				}
				tn.until("the attempt is over", func() bool { return tn.paths(anna).Failed == 1 })
				if p := tn.paths(anna); p.Opened != 0 || p.Open != 0 || p.Received != 0 {
					t.Errorf("anna has %+v", p)
				}
			})
		})
	}
}

// TestCountedPorts: of two NATs that let in nobody but ports that were sent to, one has
// another port for everybody, and counts them: a path leads to the next one.
func TestCountedPorts(t *testing.T) {
	counting := fabric.Symmetric()
	counting.Ports = fabric.Sequential
	for name, counts := range map[string]int{"who shares": 3, "who fetches": 4} {
		t.Run(name, func(t *testing.T) {
			amongBoxes(t, 2, func(i int) fabric.NATConfig {
				if i == counts {
					return counting
				}
				return fabric.PortRestricted()
			}, func(t *testing.T, tn *town) {
				boris := tn.movesAs(nil, relaying)
				bruno := tn.movesAs(nil, relaying, boris)
				clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(noise(9 << 20))}, asLeaf, boris, bruno)
				anna := tn.movesAs(nil, asLeaf, boris, bruno)
				tn.linked(anna, 2)
				tn.shares(clara, 1)
				tn.relayed(clara, 2)
				r := tn.finds(anna, "blue film", 1)
				if _, err := anna.Get(r, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				tn.finish(anna, r)
				tn.until("the attempt is over", func() bool { p := tn.paths(anna); return p.Opened+p.Failed > 0 })
				if p := tn.paths(anna); p.Opened != 1 || p.Failed != 0 || p.Received == 0 {
					t.Errorf("anna has %+v", p)
				}
			})
		})
	}
}
