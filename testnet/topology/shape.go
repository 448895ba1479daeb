package topology

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Shape is a family of connected graphs that has a name.
type Shape uint8

// The shapes. The zero Shape is none.
const (
	RandomShape Shape = 1 + iota
	RingShape
	TreeShape
	PowerLawShape
	numShapes
)

var shapeNames = [numShapes]string{
	RandomShape: "random", RingShape: "ring", TreeShape: "tree", PowerLawShape: "powerlaw",
}

func (s Shape) String() string {
	if s > 0 && s < numShapes {
		return shapeNames[s]
	}
	return fmt.Sprintf("Shape(%#x)", uint8(s))
}

// ErrTooLarge is what Build and FromEdges return for a graph with more than
// MaxNodes or MaxEdges.
var ErrTooLarge = errors.New("graph too large")

// Parse returns the shape of that name: random, ring, tree or powerlaw.
func Parse(name string) (Shape, error) {
	if i := slices.Index(shapeNames[1:], name); i >= 0 {
		return Shape(i + 1), nil
	}
	return 0, fmt.Errorf("topology: no shape %q: say %s", name, strings.Join(shapeNames[1:], ", "))
}

// Build makes a graph of n nodes. What degree means is up to the shape: the mean
// degree of a random graph and, rounded to even, of a powerlaw graph; the degree
// of the inner nodes of a tree; and nothing in a ring, where it is 2.
func (s Shape) Build(n, degree int, rnd *rand.Rand) (*Graph, error) {
	switch {
	case n < 1 || degree < 1:
		return nil, fmt.Errorf("topology: %s of %d nodes, degree %d: both must be 1 at least", s, n, degree)
	case n > MaxNodes:
		return nil, fmt.Errorf("topology: %s of %d nodes: %w, the most is %d", s, n, ErrTooLarge, MaxNodes)
	case min(degree, n) > 2*MaxEdges/n:
		return nil, fmt.Errorf("topology: %s of %d nodes, degree %d: %w, the most edges are %d", s, n, degree, ErrTooLarge, MaxEdges)
	}
	switch s {
	case RandomShape:
		return Random(n, degree, rnd), nil
	case RingShape:
		return Ring(n), nil
	case TreeShape:
		return Tree(n, degree-1), nil
	case PowerLawShape:
		return PowerLaw(n, degree/2, rnd), nil
	}
	return nil, fmt.Errorf("topology: no shape %s", s)
}
