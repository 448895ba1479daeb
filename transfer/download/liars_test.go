package download

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
)

var liarRuns = flag.Int("liars", 5, "runs of TestLiars")

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
	"stall": func(s *seed, from int64) {
		s.spoil = func(b []byte, _, sent int64) ([]byte, bool) {
			if sent >= from {
				time.Sleep(time.Hour)
				return nil, false
			}
			return b, true
		}
	},
	"cut": func(s *seed, from int64) {
		s.spoil = func(b []byte, _, sent int64) ([]byte, bool) { return b, sent < from }
	},
}

// TestLiars: five of ten sources lie, each in another way. Every file is right,
// at most one slice of each liar was for nothing, and it takes at most one and
// a half times as long as from the honest ones alone.
func TestLiars(t *testing.T) {
	const size = 6*mb + 321
	file, b := content(7, size)
	trees := treesOf(b)
	slice := trees[0].SliceSize()
	for run := range *liarRuns {
		rng := rand.New(rand.NewPCG(uint64(run), 4))
		honest, clean := time.Duration(0), true
		for range 2 {
			synctest.Test(t, func(t *testing.T) {
				n := newPipes(t)
				var seeds []*seed
				plantOne := func() *seed {
					s := plant(t, n, file, b, trees)
					s.rate = steady(200_000)
					seeds = append(seeds, s)
					return s
				}
				for range 5 {
					plantOne()
				}
				if !clean {
					for _, lie := range lies {
						lie(plantOne(), rng.Int64N(size/4))
					}
				}
				took, status := fetch(t, n, file, b, seeds...)
				if clean {
					honest = took
					return
				}
				if took > honest*3/2 || status.Wasted > 5*slice {
					t.Errorf("run %d: %v, %v without liars; %d bytes for nothing", run, took, honest, status.Wasted)
				}
			})
			clean = false
		}
	}
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
