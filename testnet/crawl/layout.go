package crawl

import "math"

// point is a place on the picture.
type point struct{ x, y float64 }

func (p point) add(q point) point        { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point        { return point{p.x - q.x, p.y - q.y} }
func (p point) mul(f float64) point      { return point{p.x * f, p.y * f} }
func (p point) len() float64             { return math.Hypot(p.x, p.y) }
func polar(r, angle float64) point       { return point{r * math.Cos(angle), r * math.Sin(angle)} }
func (p point) distance(q point) float64 { return p.sub(q).len() }

// Shape of the force layout (Fruchterman and Reingold 1991), in units of the
// wanted length of a link.
const (
	// goldenAngle sets the first places in a spiral where no two fall together.
	goldenAngle = 2.399963229728653

	// gravity keeps parts that are not linked from drifting away, by the
	// distance from the middle.
	gravity = 0.012

	// coarseness is how far away hosts must be, by the size of the square that
	// holds them, to push as one (Barnes and Hut 1986).
	coarseness = 0.85

	// closest is the least distance that counts: forces stay finite.
	closest = 0.05
)

// layout places n hosts so that linked ones are near each other and others are
// not. order is the hosts as they are set at the beginning, the most important
// first. The same graph gives the same places.
func layout(n int, edges [][2]int, order []int) []point {
	at := make([]point, n)
	for i, host := range order {
		at[host] = polar(0.9*math.Sqrt(float64(i)+0.5), float64(i)*goldenAngle)
	}
	rounds := rounds(n)
	force := make([]point, n)
	heat := 0.12*math.Sqrt(float64(n)) + 0.6
	for round := range rounds {
		t := newTree(at)
		for i := range at {
			force[i] = t.push(at[i]).sub(at[i].mul(gravity * max(1, at[i].len()/math.Sqrt(float64(n)))))
		}
		for _, e := range edges {
			pull := at[e[1]].sub(at[e[0]])
			pull = pull.mul(pull.len()) // grows with the square of the distance
			force[e[0]], force[e[1]] = force[e[0]].add(pull), force[e[1]].sub(pull)
		}
		left := 1 - float64(round)/float64(rounds)
		most := heat * left * left
		for i := range at {
			if l := force[i].len(); l > 0 {
				at[i] = at[i].add(force[i].mul(min(l, most) / l))
			}
		}
	}
	return at
}

// rounds is how many steps the layout takes: fewer for larger graphs, so that it
// ends within seconds.
func rounds(n int) int { return min(500, max(12, 400_000/max(n, 1))) }
