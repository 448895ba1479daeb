package topology

import "slices"

// Unreachable is the distance of a node to which no path leads.
const Unreachable = -1

// Graph is an undirected graph without loops and parallel edges. Only the
// functions of this package make one; it must not be changed, and any number of
// goroutines may read it.
type Graph struct {
	N     int      // nodes, numbered from 0
	Edges [][2]int // each once, in the order in which they were made

	links []int // the neighbors of node 0, those of node 1, ...
	first []int // where those of node i begin in links; N+1 entries
}

// newGraph makes a graph of edges that are valid and distinct.
func newGraph(n int, edges [][2]int) *Graph {
	g := &Graph{N: n, Edges: edges, links: make([]int, 2*len(edges)), first: make([]int, n+1)}
	for _, e := range edges {
		g.first[e[0]+1]++
		g.first[e[1]+1]++
	}
	for i := range n {
		g.first[i+1] += g.first[i]
	}
	next := slices.Clone(g.first)
	for _, e := range edges {
		a, b := e[0], e[1]
		g.links[next[a]], g.links[next[b]] = b, a
		next[a]++
		next[b]++
	}
	return g
}

// Neighbors returns the nodes linked to node i, in the order of their edges.
// The slice must not be changed. It panics if there is no node i, as do the
// other methods that take a node.
func (g *Graph) Neighbors(i int) []int {
	return g.links[g.first[i]:g.first[i+1]:g.first[i+1]]
}

// Degree returns how many neighbors node i has.
func (g *Graph) Degree(i int) int { return g.first[i+1] - g.first[i] }

// Degrees returns the degree of every node.
func (g *Graph) Degrees() []int {
	degrees := make([]int, g.N)
	for i := range degrees {
		degrees[i] = g.Degree(i)
	}
	return degrees
}

// Distances returns how many links lie between node from and every node, or
// Unreachable.
func (g *Graph) Distances(from int) []int {
	hops := slices.Repeat([]int{Unreachable}, g.N)
	hops[from] = 0
	queue := append(make([]int, 0, g.N), from)
	for i := 0; i < len(queue); i++ {
		for _, next := range g.Neighbors(queue[i]) {
			if hops[next] == Unreachable {
				hops[next] = hops[queue[i]] + 1
				queue = append(queue, next)
			}
		}
	}
	return hops
}

// Connected reports whether a path leads from every node to every other. A
// graph without nodes is connected.
func (g *Graph) Connected() bool {
	return g.N == 0 || !slices.Contains(g.Distances(0), Unreachable)
}
