package topology

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// check fails unless g is what every graph must be, and returns it.
func check(t *testing.T, g *Graph) *Graph {
	t.Helper()
	seen := map[[2]int]bool{}
	want := make([]int, g.N)
	for _, e := range g.Edges {
		a, b := min(e[0], e[1]), max(e[0], e[1])
		if a < 0 || b >= g.N || a == b || seen[[2]int{a, b}] {
			t.Fatalf("edge %v of %d nodes is out of range, a loop or a repetition", e, g.N)
		}
		seen[[2]int{a, b}] = true
		want[a]++
		want[b]++
		if !slices.Contains(g.Neighbors(a), b) || !slices.Contains(g.Neighbors(b), a) {
			t.Fatalf("edge %v is missing among the neighbors", e)
		}
	}
	if got := g.Degrees(); !slices.Equal(got, want) {
		t.Fatalf("degrees %v, edges say %v", got, want)
	}
	return g
}

func TestDistances(t *testing.T) {
	for _, tt := range []struct {
		name string
		g    *Graph
		from int
		want []int
	}{
		{"ring", Ring(6), 1, []int{1, 0, 1, 2, 3, 2}},
		{"tree", Tree(7, 2), 0, []int{0, 1, 1, 2, 2, 2, 2}},
		{"tree from a leaf", Tree(7, 2), 3, []int{2, 1, 3, 0, 2, 4, 4}},
		{"two rings", Circulant(6, 2), 0, []int{0, Unreachable, 1, Unreachable, 1, Unreachable}},
		{"one node", Ring(1), 0, []int{0}},
	} {
		if got := tt.g.Distances(tt.from); !slices.Equal(got, tt.want) {
			t.Errorf("%s: distances %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestConnected(t *testing.T) {
	for _, tt := range []struct {
		name string
		g    *Graph
		want bool
	}{
		{"nothing", Ring(0), true},
		{"one node", Tree(1, 3), true},
		{"two nodes apart", Congruential(2, 0), false},
		{"ring", Ring(100), true},
		{"two rings", Circulant(100, 2), false},
		{"offsets without common divisor", Circulant(100, 4, 25), true},
	} {
		if got := tt.g.Connected(); got != tt.want {
			t.Errorf("%s: connected %v", tt.name, got)
		}
	}
}

func TestNeighborsCannotGrowIntoEachOther(t *testing.T) {
	g := Ring(4)
	before := slices.Clone(g.Neighbors(1))
	_ = append(g.Neighbors(0), 99)
	if got := g.Neighbors(1); !slices.Equal(got, before) {
		t.Errorf("appending to the neighbors of node 0 made those of node 1 %v", got)
	}
}
