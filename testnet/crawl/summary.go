package crawl

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Summary is a map in figures.
type Summary struct {
	Ultrapeers, Leaves, Unknown int // hosts on the map by role
	Visited, Silent             int // hosts that answered, and that are no leaves and did not
	Links                       int
	Degrees                     [3]int // least, median, most neighbors of hosts that answered, leaves left out
	Farthest                    int    // links from the nearest seed
}

// Summary counts.
func (m *Map) Summary() Summary {
	s := Summary{Links: len(m.Edges)}
	g := newGraph(m)
	var degrees []int
	for _, n := range m.Nodes {
		switch n.Role {
		case Ultrapeer:
			s.Ultrapeers++
		case Leaf:
			s.Leaves++
		default:
			s.Unknown++
		}
		s.Farthest = max(s.Farthest, n.Depth)
		switch {
		case n.Visited && n.Role != Leaf:
			s.Visited++
			degrees = append(degrees, g.degree[g.at[n.ID]])
		case n.Visited:
			s.Visited++
		case n.Role != Leaf:
			s.Silent++
		}
	}
	if slices.Sort(degrees); len(degrees) > 0 {
		s.Degrees = [3]int{degrees[0], degrees[len(degrees)/2], degrees[len(degrees)-1]}
	}
	return s
}

// WriteTable writes the figures for a reader.
func (m *Map) WriteTable(w io.Writer) error {
	s := m.Summary()
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("hosts", "%d found, %d answered in %.1f s", len(m.Nodes), s.Visited, m.Seconds)
	row("ultrapeers", "%d, and %d of unknown role", s.Ultrapeers, s.Unknown)
	row("leaves", "%d", s.Leaves)
	row("links", "%d", s.Links)
	row("neighbors", "%d to %d, median %d, leaves left out", s.Degrees[0], s.Degrees[2], s.Degrees[1])
	row("farthest", "%s from a seed", plural(s.Farthest, "link"))
	if s.Silent > 0 {
		row("silent", "%d did not answer or were not asked", s.Silent)
	}
	list, _ := families(m, newGraph(m))
	for i, f := range list {
		name := ""
		if i == 0 {
			name = "software"
		}
		row(name, "%s: %d", f.name, f.hosts)
	}
	if !m.Complete {
		row("bounds", "reached, or interrupted: there is more than this")
	}
	return t.Flush()
}
