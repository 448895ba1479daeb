package topology

// Ring links each of n nodes to the next, and the last to the first: connected,
// degree 2, the longest paths. Two nodes have one edge, one or none has none.
func Ring(n int) *Graph { return Circulant(n, 1) }

// Tree links each of n nodes but node 0 to its parent, so that every parent but
// the last has fanout children, numbered level by level. It is connected and no
// flood has a duplicate. A fanout below 1 is 1.
func Tree(n, fanout int) *Graph {
	n, fanout = max(n, 0), max(fanout, 1)
	edges := make([][2]int, 0, max(n-1, 0))
	for i := 1; i < n; i++ {
		edges = append(edges, [2]int{(i - 1) / fanout, i})
	}
	return newGraph(n, edges)
}

// Circulant links each of n nodes i to the nodes (i ± offset) mod n for every
// offset. It looks the same from every node; it is connected if the offsets and
// n have no common divisor.
func Circulant(n int, offsets ...int) *Graph {
	n = max(n, 0)
	var edges [][2]int
	done := map[int]bool{0: true}
	if n == 0 {
		offsets = nil
	}
	for _, o := range offsets {
		o = (o%n + n) % n
		if o = min(o, n-o); done[o] {
			continue
		}
		done[o] = true
		sources := n
		if 2*o == n {
			sources = o // the other half would repeat these edges
		}
		for i := range sources {
			edges = append(edges, [2]int{i, (i + o) % n})
		}
	}
	return newGraph(n, edges)
}
