package topology

import (
	"slices"
	"testing"
)

func TestCongruential(t *testing.T) {
	g := check(t, Congruential(10_000, 30_000))
	degrees := g.Degrees()
	isolated := 0
	for _, d := range degrees {
		if d == 0 {
			isolated++
		}
	}
	if len(g.Edges) != 30_000 || degrees[0] != 4 || slices.Max(degrees) != 18 || isolated != 27 {
		t.Errorf("%d edges, degree of node 0 %d, maximum %d, %d isolated; want 30000, 4, 18, 27",
			len(g.Edges), degrees[0], slices.Max(degrees), isolated)
	}
}

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		name     string
		g        *Graph
		n, edges int
	}{
		{"ring of 0", Ring(0), 0, 0},
		{"ring of -1", Ring(-1), 0, 0},
		{"ring of 1", Ring(1), 1, 0},
		{"ring of 2", Ring(2), 2, 1},
		{"ring of 3", Ring(3), 3, 3},
		{"ring of 1000", Ring(1000), 1000, 1000},
		{"tree of 0", Tree(0, 2), 0, 0},
		{"tree with fanout 0", Tree(5, 0), 5, 4},
		{"tree", Tree(1000, 7), 1000, 999},
		{"circulant with equal offsets", Circulant(10, 3, 7, -3, 13, 0, 10), 10, 10},
		{"circulant with opposite nodes", Circulant(10, 5), 10, 5},
		{"circulant of 0", Circulant(0, 1), 0, 0},
		{"random of 0", Random(0, 4, seeded(1)), 0, 0},
		{"random of 1", Random(1, 4, seeded(1)), 1, 0},
		{"random, thin", Random(50, 0, seeded(1)), 50, 49},
		{"random", Random(1000, 6, seeded(1)), 1000, 3000},
		{"random, odd", Random(11, 3, seeded(1)), 11, 16},
		{"random, complete", Random(30, 99, seeded(1)), 30, 30 * 29 / 2},
		{"powerlaw of 0", PowerLaw(0, 2, seeded(1)), 0, 0},
		{"powerlaw with m 0", PowerLaw(10, 0, seeded(1)), 10, 9},
		{"powerlaw all core", PowerLaw(4, 5, seeded(1)), 4, 6},
		{"powerlaw", PowerLaw(1000, 3, seeded(1)), 1000, 6 + 996*3},
		{"congruential of 0", Congruential(0, 7), 0, 0},
		{"congruential, complete", Congruential(8, 99), 8, 28},
		{"congruential, negative", Congruential(8, -1), 8, 0},
	} {
		if g := check(t, tt.g); g.N != tt.n || len(g.Edges) != tt.edges {
			t.Errorf("%s: %d nodes, %d edges; want %d, %d", tt.name, g.N, len(g.Edges), tt.n, tt.edges)
		}
	}
}

func TestAlwaysConnected(t *testing.T) {
	for seed := range uint64(50) {
		rnd := seeded(seed)
		n, degree := 1+rnd.IntN(300), rnd.IntN(8)
		for name, g := range map[string]*Graph{
			"random": Random(n, degree, rnd), "ring": Ring(n), "tree": Tree(n, degree), "powerlaw": PowerLaw(n, degree, rnd),
		} {
			if !check(t, g).Connected() {
				t.Errorf("seed %d: %s of %d nodes, degree %d is not connected", seed, name, n, degree)
			}
		}
	}
}

func TestSameSeedSameGraph(t *testing.T) {
	for name, draw := range map[string]func(seed uint64) *Graph{
		"random":   func(seed uint64) *Graph { return Random(100, 4, seeded(seed)) },
		"powerlaw": func(seed uint64) *Graph { return PowerLaw(100, 2, seeded(seed)) },
	} {
		if !slices.Equal(draw(7).Edges, draw(7).Edges) {
			t.Errorf("%s: two graphs of one seed differ", name)
		}
		if slices.Equal(draw(7).Edges, draw(8).Edges) {
			t.Errorf("%s: two seeds give one graph", name)
		}
	}
}

// TestPowerLawHasHubs tells a power law from a random graph: in one of 10,000
// nodes and mean degree 6 the largest degree is in the hundreds, not under 30.
func TestPowerLawHasHubs(t *testing.T) {
	power, even := PowerLaw(10_000, 3, seeded(1)).Degrees(), Random(10_000, 6, seeded(1)).Degrees()
	if slices.Min(power) != 3 || slices.Max(power) < 100 {
		t.Errorf("powerlaw has degrees from %d to %d, want from 3 to some hundreds", slices.Min(power), slices.Max(power))
	}
	if slices.Max(even) > 40 {
		t.Errorf("random has a node of degree %d", slices.Max(even))
	}
}

func BenchmarkRandom(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Random(100_000, 6, seeded(1))
	}
}

func BenchmarkPowerLaw(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		PowerLaw(100_000, 3, seeded(1))
	}
}
