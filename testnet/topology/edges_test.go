package topology

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// gnutella04 is a crawl of the Gnutella network of 4 August 2002: data set
// p2p-Gnutella04 of the SNAP collection (Ripeanu, Foster, Iamnitchi 2002;
// Leskovec, Krevl 2014).
const gnutella04 = "testdata/p2p-Gnutella04.txt.gz"

func TestMeasuredGraph(t *testing.T) {
	f, err := os.Open(gnutella04)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	g, err := FromEdges(r)
	if err != nil {
		t.Fatal(err)
	}
	// Published are 10,876 nodes, one of which has no link, and 39,994 edges.
	if g.N != 10_875 || len(check(t, g).Edges) != 39_994 {
		t.Errorf("%d nodes and %d edges, want 10875 and 39994", g.N, len(g.Edges))
	}
	if !g.Connected() {
		t.Error("the crawl is not connected")
	}
	// The published diameter is 9, sampled; one node's farthest is between its half and itself.
	if far := slices.Max(g.Distances(0)); far < 5 || far > 10 {
		t.Errorf("the farthest node is %d links from node 0", far)
	}
}

func TestFromEdges(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		n        int
		edges    [][2]int
	}{
		{"nothing", "", 0, nil},
		{"comments", "# Nodes: 2 Edges: 1\n# FromNodeId\tToNodeId\n\n", 0, nil},
		{"tabs", "0\t1\n1\t2\n", 3, [][2]int{{0, 1}, {1, 2}}},
		{"spaces, CRLF, no last newline", " 0  1 \r\n\r\n2 1", 3, [][2]int{{0, 1}, {1, 2}}},
		{"both directions, repetitions, loops", "0 1\n1 0\n0 1\n1 1\n", 2, [][2]int{{0, 1}}},
		{"only a loop", "7 7\n", 0, nil},
		{"gaps", "18446744073709551615 5\n100 5\n", 3, [][2]int{{0, 1}, {0, 2}}},
	} {
		g, err := FromEdges(strings.NewReader(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if check(t, g).N != tt.n || !slices.Equal(g.Edges, tt.edges) {
			t.Errorf("%s: %d nodes, edges %v; want %d, %v", tt.name, g.N, g.Edges, tt.n, tt.edges)
		}
	}
}

func TestFromEdgesRefuses(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"0 1\n5\n", "line 2: 1 fields"},
		{"1 2 3\n", "line 1: 3 fields"},
		{"# x\n\na b\n", `line 3: strconv.ParseUint: parsing "a"`},
		{"0 -1\n", `line 1: strconv.ParseUint: parsing "-1"`},
		{"0 18446744073709551616\n", "value out of range"},
		{"0 1\n#" + strings.Repeat("x", maxLine) + "\n", "line 2: bufio.Scanner: token too long"},
	} {
		if _, err := FromEdges(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.20q: error %v, want %q in it", tt.in, err, tt.want)
		}
	}
	broken := errors.New("cable cut")
	if _, err := FromEdges(io.MultiReader(strings.NewReader("0 1\n"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestFromEdgesCaps(t *testing.T) {
	const star = "0 1\n0 2\n# of 4 nodes\n0 0\n0 3\n" // three links and a loop
	for _, tt := range []struct {
		maxNodes, maxEdges int
		ok                 bool
	}{{5, 3, true}, {4, 3, true}, {3, 3, false}, {4, 4, true}, {4, 2, false}} {
		g, err := fromEdges(strings.NewReader(star), tt.maxNodes, tt.maxEdges)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrTooLarge) {
			t.Errorf("4 nodes and 3 links where %d and %d are the most: %v", tt.maxNodes, tt.maxEdges, err)
		}
		if tt.ok && g.N != 4 {
			t.Errorf("%d nodes, want 4", g.N)
		}
	}
}

func FuzzFromEdges(f *testing.F) {
	f.Add([]byte("# Directed graph: p2p-Gnutella04.txt\n# Nodes: 10876 Edges: 39994\n# FromNodeId\tToNodeId\n0\t1\n0\t2\n6\t0\n"))
	f.Add([]byte("0 1\r\n1 0\r\n\r\n5 5\r\n9999999999 3"))
	f.Add([]byte("0 1 2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := FromEdges(bytes.NewReader(data))
		if err != nil {
			return
		}
		check(t, g)
		if len(g.Edges) > len(data)/3+1 || slices.Contains(g.Degrees(), 0) {
			t.Fatalf("%d bytes gave %d edges of %d nodes", len(data), len(g.Edges), g.N)
		}
		var again bytes.Buffer
		for _, e := range g.Edges {
			fmt.Fprintf(&again, "%d\t%d\n", e[0], e[1])
		}
		h, err := FromEdges(&again)
		if err != nil || h.N != g.N || !slices.Equal(h.Edges, g.Edges) {
			t.Fatalf("written and read again: %v", err)
		}
	})
}
