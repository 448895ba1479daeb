package topology

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, name := range []string{"random", "ring", "tree", "powerlaw"} {
		shape, err := Parse(name)
		if err != nil || shape.String() != name {
			t.Errorf("%s is shape %v, %v", name, shape, err)
			continue
		}
		g, err := shape.Build(100, 4, seeded(1))
		if err != nil || check(t, g).N != 100 || !g.Connected() {
			t.Errorf("%s of 100 nodes: %v", name, err)
		}
	}
	for _, name := range []string{"", "Ring", "star"} {
		if shape, err := Parse(name); err == nil || !strings.Contains(err.Error(), "random, ring, tree, powerlaw") {
			t.Errorf("%q is shape %v, %v", name, shape, err)
		}
	}
	if got := Shape(0x42).String(); got != "Shape(0x42)" {
		t.Errorf("unknown shape prints as %s", got)
	}
}

func TestBuildDegrees(t *testing.T) {
	for _, tt := range []struct {
		shape     Shape
		n, degree int
		edges     int
	}{
		{RandomShape, 1000, 6, 3000},
		{RingShape, 1000, 6, 1000},
		{TreeShape, 1000, 6, 999},
		{PowerLawShape, 1000, 6, 6 + 996*3},
		{PowerLawShape, 1000, 1, 999},
	} {
		g, err := tt.shape.Build(tt.n, tt.degree, seeded(1))
		if err != nil || len(g.Edges) != tt.edges {
			t.Errorf("%s, degree %d: %v, want %d edges", tt.shape, tt.degree, err, tt.edges)
		}
	}
	g, err := TreeShape.Build(1000, 6, nil)
	if err != nil || g.Degree(1) != 6 || g.Degree(2) != 6 {
		t.Errorf("inner nodes of a tree of degree 6 have %d, %v", g.Degree(1), err)
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, tt := range []struct {
		shape     Shape
		n, degree int
		tooLarge  bool
	}{
		{RandomShape, 0, 4, false},
		{RandomShape, -5, 4, false},
		{RingShape, 10, 0, false},
		{Shape(0), 10, 4, false},
		{RingShape, MaxNodes + 1, 1, true},
		{RandomShape, MaxNodes, 17, true},
		{PowerLawShape, 10_000, 10_000, true},
		{RandomShape, 1 << 20, math.MaxInt, true},
	} {
		g, err := tt.shape.Build(tt.n, tt.degree, seeded(1))
		if err == nil || g != nil || errors.Is(err, ErrTooLarge) != tt.tooLarge {
			t.Errorf("%s of %d nodes, degree %d: %v", tt.shape, tt.n, tt.degree, err)
		}
	}
	if g, err := RingShape.Build(MaxNodes, 2, nil); err != nil || g.N != MaxNodes {
		t.Errorf("ring of %d nodes: %v", MaxNodes, err)
	}
}
