package topology

import "math/rand/v2"

// Random links n nodes at random, with a mean degree of degree, or nearly so if
// the number of links is odd. It is connected: every node is first linked to one
// drawn from those before it, in a random order, and the other edges are drawn
// after that. So there are at least n-1 edges, and at most those of the complete
// graph.
func Random(n, degree int, rnd *rand.Rand) *Graph {
	n = max(n, 0)
	total := max(n*min(degree, n-1)/2, n-1, 0)
	d := newDrawn(n, total)
	order := rnd.Perm(n)
	for i := 1; i < n; i++ {
		d.link(order[rnd.IntN(i)], order[i])
	}
	for len(d.edges) < total {
		d.link(rnd.IntN(n), rnd.IntN(n))
	}
	return newGraph(n, d.edges)
}

// PowerLaw grows a graph of n nodes (Barabási, Albert 1999): it begins with m+1
// nodes all linked to one another, then each new node is linked to m others,
// drawn in proportion to their degree. It is connected and has a mean degree of
// nearly 2m, a few hubs and many nodes of degree m. An m below 1 is 1.
func PowerLaw(n, m int, rnd *rand.Rand) *Graph {
	n, m = max(n, 0), max(m, 1)
	core := min(n, m+1)
	edges := make([][2]int, 0, core*(core-1)/2+(n-core)*m)
	for i := range core {
		for j := range i {
			edges = append(edges, [2]int{j, i})
		}
	}
	linked := make([]int, n) // the last node that was linked to this one
	for i := core; i < n; i++ {
		older := edges // each node is an end of these as often as its degree says
		for len(edges) < len(older)+m {
			node := older[rnd.IntN(len(older))][rnd.IntN(2)]
			if linked[node] != i {
				linked[node] = i
				edges = append(edges, [2]int{node, i})
			}
		}
	}
	return newGraph(n, edges)
}

// Congruential links nodes that a linear congruential generator draws, so that
// programs in any language get the same graph:
//
//	x = 1
//	draw: x = x*6364136223846793005 + 1442695040888963407 mod 2^64; (x >> 33) mod n
//
// It draws a, then b, and skips pairs that are one node or linked already, until
// there are edges of them, at most those of the complete graph. The graph need
// not be connected.
func Congruential(n, edges int) *Graph {
	n = max(n, 0)
	edges = max(int(min(int64(edges), int64(n)*int64(n-1)/2)), 0)
	d := newDrawn(n, edges)
	x := uint64(1)
	draw := func() int {
		x = x*6364136223846793005 + 1442695040888963407
		return int((x >> 33) % uint64(n))
	}
	for len(d.edges) < edges {
		a := draw()
		b := draw()
		d.link(a, b)
	}
	return newGraph(n, d.edges)
}

// drawn collects edges that are drawn, and so may come up again.
type drawn struct {
	edges [][2]int
	seen  map[uint64]struct{}
}

func newDrawn(n, edges int) *drawn {
	return &drawn{edges: make([][2]int, 0, edges), seen: make(map[uint64]struct{}, edges)}
}

// link adds an edge unless it is a loop or there already.
func (d *drawn) link(a, b int) {
	key := uint64(min(a, b))<<32 | uint64(max(a, b))
	if _, ok := d.seen[key]; a == b || ok {
		return
	}
	d.seen[key] = struct{}{}
	d.edges = append(d.edges, [2]int{a, b})
}
