package topology

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// FromEdges reads an edge list of the SNAP collection: a line is two numbers of
// nodes, separated by a tab or spaces; empty lines and those that begin with #
// are skipped. Links are read as undirected, for a Gnutella connection carries
// messages both ways; loops and repetitions are dropped. Nodes are numbered
// anew from 0 in the order of their numbers, and the edges sorted: a node
// without links does not stand in such a list, and the numbers have gaps.
//
// An error names the line. It wraps ErrTooLarge if there are too many lines or
// nodes.
func FromEdges(r io.Reader) (*Graph, error) { return fromEdges(r, MaxNodes, MaxEdges) }

func fromEdges(r io.Reader, maxNodes, maxEdges int) (*Graph, error) {
	pairs, err := readPairs(r, maxEdges)
	if err != nil {
		return nil, err
	}
	nodes := make([]uint64, 0, 2*len(pairs))
	for _, p := range pairs {
		nodes = append(nodes, p[0], p[1])
	}
	slices.Sort(nodes)
	if nodes = slices.Compact(nodes); len(nodes) > maxNodes {
		return nil, fmt.Errorf("topology: edge list of %d nodes: %w, the most is %d", len(nodes), ErrTooLarge, maxNodes)
	}
	edges := make([][2]int, len(pairs))
	for i, p := range pairs {
		a, _ := slices.BinarySearch(nodes, p[0])
		b, _ := slices.BinarySearch(nodes, p[1])
		edges[i] = [2]int{a, b}
	}
	slices.SortFunc(edges, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return newGraph(len(nodes), slices.Compact(edges)), nil
}

// readPairs returns the links of an edge list, most at most, the lesser number
// first, without loops.
func readPairs(r io.Reader, most int) (pairs [][2]uint64, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	line := 0
	for lines.Scan() {
		line++
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		a, b, err := parsePair(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("topology: edge list line %d: %w", line, err)
		case a != b && len(pairs) == most:
			return nil, fmt.Errorf("topology: edge list line %d: %w, the most edges are %d", line, ErrTooLarge, most)
		case a != b:
			pairs = append(pairs, [2]uint64{min(a, b), max(a, b)})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("topology: edge list line %d: %w", line+1, err)
	}
	return pairs, nil
}

// parsePair reads the two numbers of a line.
func parsePair(text string) (a, b uint64, err error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0, 0, fmt.Errorf("%d fields, not 2", len(fields))
	}
	if a, err = strconv.ParseUint(fields[0], 10, 64); err != nil {
		return 0, 0, err
	}
	b, err = strconv.ParseUint(fields[1], 10, 64)
	return a, b, err
}
