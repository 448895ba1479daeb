package merkle

import "math/bits"

// stack joins nodes of equal height, which come left to right, into the one
// above them all.
type stack struct {
	kind  Kind
	count uint64 // nodes that came
	depth int
	nodes [maxLevels]Hash // the first depth: left to right, each higher than the next
}

func (s *stack) reset(k Kind) { s.kind, s.count, s.depth = k, 0, 0 }

// push takes the next node. What it completes is joined when the one after it
// comes, since a join with nothing behind it may be the root.
func (s *stack) push(h Hash) {
	for s.depth > bits.OnesCount64(s.count) {
		s.join(false)
	}
	s.nodes[s.depth] = h
	s.depth++
	s.count++
}

// sum is the node above all that came, at least one. Nothing comes after it.
func (s *stack) sum(root bool) Hash {
	for s.depth > 1 {
		s.join(root && s.depth == 2)
	}
	return s.nodes[0]
}

// join replaces the two lowest nodes by their parent.
func (s *stack) join(root bool) {
	s.depth--
	s.nodes[s.depth-1] = s.kind.parent(s.nodes[s.depth-1], s.nodes[s.depth], root)
}
