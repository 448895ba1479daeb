package testnet

import (
	"maps"
	"testing"
)

// TestSurveyOfDead: in a chain 0-1-2-3 node 1 is dead, and node 0 has not
// noticed: it reaches nobody.
func TestSurveyOfDead(t *testing.T) {
	s := survey{links: map[int][]int{0: {1}, 2: {1, 3}, 3: {2}}, nodes: 4}
	s.prune()
	for from, want := range map[int]map[int]int{0: {0: 0}, 2: {2: 0, 3: 1}, 3: {3: 0, 2: 1}} {
		if got := s.reach(from); !maps.Equal(got, want) {
			t.Errorf("from node %d: %v, want %v", from, got, want)
		}
	}
	if len(s.links[0]) != 0 || len(s.links[2]) != 1 {
		t.Errorf("links %v", s.links)
	}
}

// TestSurveyOfLeaves: no way leads through leaf 2, though it leads to it and from
// it.
func TestSurveyOfLeaves(t *testing.T) {
	s := survey{links: map[int][]int{0: {2}, 1: {2, 3}, 2: {0, 1}, 3: {1}}, nodes: 2}
	for from, want := range map[int]map[int]int{0: {0: 0, 2: 1}, 2: {2: 0, 0: 1, 1: 1, 3: 2}, 3: {3: 0, 1: 1, 2: 2}} {
		if got := s.reach(from); !maps.Equal(got, want) {
			t.Errorf("from node %d: %v, want %v", from, got, want)
		}
	}
	for i, want := range []int{0, 0, 2, 1} {
		if got := s.ultrapeers(i); got != want {
			t.Errorf("node %d is linked to %d ultrapeers, want %d", i, got, want)
		}
	}
}
