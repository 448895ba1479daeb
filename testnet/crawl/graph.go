package crawl

import (
	"cmp"
	"slices"
)

// graph is a map as it is drawn and measured: the hosts that carry the overlay,
// and the leaves below them.
type graph struct {
	hosts  []int       // ids of those that are no leaves
	at     map[int]int // id → index in hosts
	edges  [][2]int    // between them, by index
	degree []int       // of each, leaves left out
	leaves [][]int     // ids, below the host that was first heard to have them
	others [][2]int    // other links of leaves: index of the host, id of the leaf
}

func newGraph(m *Map) *graph {
	g := &graph{at: make(map[int]int)}
	for _, n := range m.Nodes {
		if n.Role != Leaf {
			g.at[n.ID] = len(g.hosts)
			g.hosts = append(g.hosts, n.ID)
		}
	}
	g.degree, g.leaves = make([]int, len(g.hosts)), make([][]int, len(g.hosts))
	placed := make(map[int]bool)
	for _, e := range m.Edges {
		a, isHostA := g.at[e[0]]
		b, isHostB := g.at[e[1]]
		switch {
		case isHostA && isHostB:
			g.edges = append(g.edges, [2]int{a, b})
			g.degree[a]++
			g.degree[b]++
		case isHostA:
			g.leaf(a, e[1], placed)
		case isHostB:
			g.leaf(b, e[0], placed)
		}
	}
	return g
}

func (g *graph) leaf(host, leaf int, placed map[int]bool) {
	if placed[leaf] {
		g.others = append(g.others, [2]int{host, leaf})
		return
	}
	placed[leaf] = true
	g.leaves[host] = append(g.leaves[host], leaf)
}

// byWeight lists the hosts by the number of their links, then as they were found.
func (g *graph) byWeight() []int {
	order := make([]int, len(g.hosts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(g.degree[b]+len(g.leaves[b]), g.degree[a]+len(g.leaves[a]))
	})
	return order
}
