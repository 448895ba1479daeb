package crawl

import "math"

// tree is a quadtree over places: it sums up what far ones do to one.
type tree struct {
	nodes []treeNode
}

// treeNode is a square. Its children are four in a row in the list of nodes.
type treeNode struct {
	middle   point
	half     float64 // of its side
	mass     float64 // places in it
	center   point   // of them
	children int     // index of the first; 0 = none
}

// maxTreeDepth bounds how often a square is divided: places that fall together
// stay together.
const maxTreeDepth = 24

func newTree(places []point) *tree {
	half := 1.0
	for _, p := range places {
		half = max(half, math.Abs(p.x), math.Abs(p.y))
	}
	t := &tree{nodes: make([]treeNode, 1, 4*len(places)+1)}
	t.nodes[0].half = half
	for _, p := range places {
		t.insert(p)
	}
	return t
}

// insert adds a place to all squares that it is in.
func (t *tree) insert(p point) {
	at := 0
	for depth := 0; ; depth++ {
		n := &t.nodes[at]
		before, mass := n.center, n.mass
		n.mass++
		n.center = before.mul(mass / n.mass).add(p.mul(1 / n.mass))
		if mass == 0 || depth == maxTreeDepth {
			return
		}
		if n.children == 0 {
			t.divide(at)
			n = &t.nodes[at]
			t.put(n.quadrant(before), before)
		}
		at = t.nodes[at].quadrant(p)
	}
}

// divide gives a square its four children.
func (t *tree) divide(at int) {
	n := t.nodes[at]
	t.nodes[at].children = len(t.nodes)
	for i := range 4 {
		half := n.half / 2
		shift := point{half * float64(2*(i&1)-1), half * float64(i&2-1)}
		t.nodes = append(t.nodes, treeNode{middle: n.middle.add(shift), half: half})
	}
}

// put sets the only place of an empty square.
func (t *tree) put(at int, p point) { t.nodes[at].mass, t.nodes[at].center = 1, p }

// quadrant is the child in which a place is.
func (n *treeNode) quadrant(p point) int {
	i := n.children
	if p.x >= n.middle.x {
		i++
	}
	if p.y >= n.middle.y {
		i += 2
	}
	return i
}

// push is the force by which all places push p away: one over the distance each.
func (t *tree) push(p point) point {
	var force point
	var walk func(at int)
	walk = func(at int) {
		n := &t.nodes[at]
		if n.mass == 0 {
			return
		}
		away := p.sub(n.center)
		d := away.len()
		if n.children != 0 && 2*n.half > coarseness*d {
			for i := range 4 {
				walk(n.children + i)
			}
			return
		}
		if d == 0 {
			return // itself
		}
		force = force.add(away.mul(n.mass / max(d*d, closest*closest)))
	}
	walk(0)
	return force
}
