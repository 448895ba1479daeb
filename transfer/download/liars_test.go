package download

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
)

var liarRuns = flag.Int("liars", 4, "runs of TestLiars")

// lies are the ways in which a source may be of no use, each from some byte on.
var lies = map[string]func(s *seed, from int64){
	"wrong bytes": func(s *seed, from int64) {
		s.spoil = func(b []byte, at, _ int64) ([]byte, bool) {
			if at+int64(len(b)) <= from {
				return b, true
			}
			bad := append([]byte(nil), b...)
			bad[len(bad)/2] ^= 1
			return bad, true
		}
	},
	"wrong length": func(s *seed, _ int64) { s.says = func(r ranges.Range) (ranges.Range, int64) { return r, r.Len() + 1 } },
	"wrong range": func(s *seed, _ int64) {
		s.says = func(r ranges.Range) (ranges.Range, int64) {
			return ranges.Range{Start: r.Start + 1, End: r.End + 1}, r.Len()
		}
	},
	"stall": func(s *seed, from int64) { s.stalls = func(sent int64) bool { return sent >= from } },
	"cut":   func(s *seed, from int64) { s.spoil = cuts(func(sent int64) bool { return sent >= from }) },
}

func cuts(now func(sent int64) bool) func([]byte, int64, int64) ([]byte, bool) {
	return func(b []byte, _, sent int64) ([]byte, bool) { return b, !now(sent) }
}

// again lets a source that stalls or cuts do so in every answer, somewhere in the
// first of its bytes.
func again(s *seed, rng *rand.Rand, within int64) (now func(sent int64) bool) {
	answers, until := int64(0), int64(0)
	return func(sent int64) bool {
		if n := s.asked.Load(); n != answers {
			answers, until = n, sent+rng.Int64N(within)
		}
		return sent >= until
	}
}

// TestLiars: five of ten sources lie, each in another way, from some byte on or,
// in every other run, again and again. Every file is right and no byte of it came
// twice. Each liar costs one slice at most, and if it goes on giving right ones
// between no more than a sixteenth of those; it takes at most one and a half times
// as long as from the honest ones alone.
func TestLiars(t *testing.T) {
	const size = 6*mb + 321
	file, b := content(7, size)
	trees := treesOf(b)
	slice := trees[0].SliceSize()
	worst, slowest, onTheWay := map[string]int64{}, 0.0, int64(0)
	for run := range *liarRuns {
		var alone time.Duration // the honest ones
		for _, lying := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(run), 4))
				n := newTown(t, uint64(run))
				rate := 10_000 << rng.Int64N(6) // to 320 kB/s
				var seeds []*seed
				plantOne := func() *seed {
					s := plant(t, n, file, b, trees)
					s.rate = steady(int64(rate))
					seeds = append(seeds, s)
					return s
				}
				for range 5 {
					plantOne()
				}
				liars := map[string]*seed{}
				for _, what := range slices.Sorted(maps.Keys(lies)) {
					if !lying {
						break
					}
					s := plantOne()
					liars[what] = s
					switch lies[what](s, rng.Int64N(size/4)); {
					case run%2 == 0:
					case what == "stall":
						s.stalls = again(s, rand.New(rand.NewPCG(uint64(run), 5)), 4*slice)
					case what == "cut":
						s.spoil = cuts(again(s, rand.New(rand.NewPCG(uint64(run), 5)), 4*slice))
					}
				}
				d := open(t, folder(), Config{Connector: n})
				began := time.Now()
				d.add(file, sourcesOf(seeds)...)
				status := d.want(file, Complete)
				took := time.Since(began)
				d.wantFile(file.Name, b)
				if !lying {
					alone = took
					return
				}
				came := d.came(file)
				sum := int64(0)
				for _, src := range came {
					sum += src.bytes
				}
				if sum != size {
					t.Errorf("run %d: %d bytes for a file of %d", run, sum, size)
				}
				for what, s := range liars {
					src := came[s.Addr]
					most := slice
					if run%2 == 1 && (what == "cut" || what == "stall") {
						most += src.bytes / wasteShare
					}
					name := what
					if most > slice {
						name += " again and again"
					}
					worst[name] = max(worst[name], src.wasted)
					onTheWay = max(onTheWay, s.sent.Load()-src.bytes-src.wasted)
					// What the connection gave, heads and trees included, and may hold back.
					read := n.read[s.Addr].Load() - s.asked.Load()<<10 - s.gave.Load()<<12 - 4<<10
					if src.wasted > most || read > src.bytes+most {
						t.Errorf("run %d, %s: %d bytes read, %d of use, %d for nothing", run, what, read, src.bytes, src.wasted)
					}
				}
				slowest = max(slowest, took.Seconds()/alone.Seconds())
				if took > alone*3/2 {
					t.Errorf("run %d: %v, %v without liars; %d bytes for nothing", run, took, alone, status.Wasted)
				}
			})
		}
	}
	t.Logf("at most %.2f times as long, and for nothing, of slices of %d: %v; %d more were on the way when it was left", slowest, slice, worst, onTheWay)
}

// came is what became of the sources of a download that is over.
func (d *desk) came(f transfer.File) map[netip.AddrPort]*source {
	over := d.lookup(f.SHA1)
	<-over.done
	came := map[netip.AddrPort]*source{}
	for _, src := range over.sources.list {
		came[src.Addr] = src
	}
	return came
}

// TestShortAnswers: a source that never gives a whole slice, so that nothing of it
// can be verified, is not listened to, and given up in the end.
func TestShortAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 3*mb)
		trees := treesOf(b)
		short, good := plant(t, n, file, b, trees), plant(t, n, file, b, trees)
		short.says = func(r ranges.Range) (ranges.Range, int64) {
			r.End = min(r.End, r.Start+trees[0].SliceSize()-1)
			return r, r.Len()
		}
		good.rate = steady(10_000)
		_, status := fetch(t, n, file, b, short, good)
		if short.asked.Load() > maxFailures+1 || status.Wasted > trees[0].SliceSize() {
			t.Errorf("asked %d times, %d bytes for nothing", short.asked.Load(), status.Wasted)
		}
	})
}

// TestFalseTree: a source names a tree, and has the bytes, of another file under
// the same SHA-1. When the whole file is wrong it is left, and the honest ones
// that its tree spoke against get another try.
func TestFalseTree(t *testing.T) {
	const size = 3*mb + 5
	file, b := content(1, size)
	_, lie := content(2, size)
	for _, honestNames := range []bool{true, false} {
		t.Run(fmt.Sprintf("honest ones name theirs %t", honestNames), func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				liar := plant(t, n, file, lie, treesOf(lie))
				liar.rate = steady(mb) // it is not over before another one is heard of
				var trees []*merkle.Tree
				if honestNames {
					trees = treesOf(b)
				}
				good := plant(t, n, file, b, trees)
				d := open(t, folder(), Config{Connector: n})
				d.add(file, liar.Source)
				d.until(file, "verified by the false tree", func(s Status) bool { return s.Verify != "" })
				if err := d.AddSources(file.SHA1, []transfer.Source{good.Source}); err != nil {
					t.Fatal(err)
				}
				d.want(file, Complete)
				d.wantFile(file.Name, b)
				if liar.sent.Load() > 2*size {
					t.Errorf("the liar was asked again: it gave %d bytes", liar.sent.Load())
				}
			})
		})
	}
}

// TestTigerOnly: of a servent that has no BLAKE3 tree the Tiger tree is fetched
// and verified by.
func TestTigerOnly(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5*mb)
		trees := treesOf(b, merkle.Tiger)
		liar, good := plant(t, n, file, b, trees), plant(t, n, file, b, trees)
		good.rate, liar.rate = steady(mb), steady(mb)
		lies["wrong bytes"](liar, 2*mb)
		_, status := fetch(t, n, file, b, liar, good)
		if status.Verify != "Tiger tree" || status.Wasted > trees[0].SliceSize()+2*probeBytes {
			t.Errorf("verified by %q, %d bytes for nothing", status.Verify, status.Wasted)
		}
	})
}

// TestNoTree: servents without trees give a file together all the same, and it is
// verified in the end.
func TestNoTree(t *testing.T) {
	onNetworks(t, func(t *testing.T, n network) {
		file, b := content(1, 12*mb)
		one, two := plant(t, n, file, b, nil), plant(t, n, file, b, nil)
		_, status := fetch(t, n, file, b, one, two)
		if status.Verify != "" || status.Wasted > 0 {
			t.Errorf("verified by %q, %d bytes for nothing", status.Verify, status.Wasted)
		}
	})
}

// TestTreeThatIsRefused: who names a tree and does not give it is no reason to
// wait, and one that gives another is left.
func TestTreeThatIsRefused(t *testing.T) {
	file, b := content(1, 3*mb)
	trees := treesOf(b)
	for name, say := range map[string]func(c net.Conn){
		"refused":     func(c net.Conn) { head(c, "404 Not Found", "Content-Length: 0") },
		"busy":        func(c net.Conn) { head(c, "503 Busy", "Content-Length: 4", "Retry-After: 60"); fmt.Fprint(c, "busy") },
		"of nothing":  func(c net.Conn) { head(c, "200 OK", "Content-Length: 0") },
		"another":     func(c net.Conn) { sized(c, treesOf(b[1:])[0].AppendNodes(nil)) },
		"without end": func(c net.Conn) { head(c, "200 OK"); fmt.Fprint(c, strings.Repeat("x", 3*mb)) },
		"cut":         func(c net.Conn) { head(c, "200 OK", "Content-Length: 1000"); c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				odd, good := plant(t, n, file, b, trees), plant(t, n, file, b, trees)
				odd.giveTree = say
				fetch(t, n, file, b, odd, good)
			})
		})
	}
}

// sized writes an answer of some bytes.
func sized(c net.Conn, body []byte) {
	head(c, "200 OK", fmt.Sprintf("Content-Length: %d", len(body)))
	c.Write(body)
}

// TestTrickle: a source that gives a byte now and then, so that it never stalls,
// does not hold the file up, and costs no more than a slice.
func TestTrickle(t *testing.T) {
	for _, from := range []int64{0, 70_000, 200_000} {
		inBubble(t, func(t *testing.T, n *pipes) {
			file, b := content(1, 3*mb)
			trees := treesOf(b)
			var seeds []*seed
			for range 4 {
				s := plant(t, n, file, b, trees)
				s.rate = steady(200_000)
				seeds = append(seeds, s)
			}
			seeds[0].piece = 100
			seeds[0].rate = func(sent int64) int64 {
				if sent >= from {
					return 110 // a piece each 0.9 s
				}
				return 200_000
			}
			took, status := fetch(t, n, file, b, seeds...)
			if took > 15*time.Second/2 || status.Wasted > trees[0].SliceSize() { // the others need 5 s
				t.Errorf("from %d on: %v, %d bytes for nothing", from, took, status.Wasted)
			}
		})
	}
}
