package merkle

import "encoding/binary"

// Every round of Tiger waits for the one before, so most of the processor idles
// over one leaf. Two leaves are hashed at once, round by round in turn.

// tigerTwoLeaves is the hashes of two whole leaves.
func tigerTwoLeaves(p *[2 * leafSize]byte) (left, right Hash) {
	var x, y [8]uint64
	s, r := tigerStart, tigerStart
	first, second := (*[leafSize]byte)(p[:]), (*[leafSize]byte)(p[leafSize:])
	tigerFirstBlock(&x, first)
	tigerFirstBlock(&y, second)
	tigerCompressTwo(&s, &r, &x, &y)
	for at := tigerBlock - 1; at+tigerBlock <= leafSize; at += tigerBlock {
		a, b := (*[tigerBlock]byte)(first[at:]), (*[tigerBlock]byte)(second[at:])
		for i := range x {
			x[i] = binary.LittleEndian.Uint64(a[8*i:])
			y[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
		tigerCompressTwo(&s, &r, &x, &y)
	}
	x, y = tigerLastBlock(first), tigerLastBlock(second)
	tigerCompressTwo(&s, &r, &x, &y)
	return s.hash(), r.hash()
}

// tigerCompressTwo is compress for two messages.
func tigerCompressTwo(s, r *tigerState, x, y *[8]uint64) {
	n, m := *s, *r
	tigerPassTwo(&n, &m, x, y, 5)
	tigerSchedule(x)
	tigerSchedule(y)
	n, m = tigerState{n.c, n.a, n.b}, tigerState{m.c, m.a, m.b}
	tigerPassTwo(&n, &m, x, y, 7)
	tigerSchedule(x)
	tigerSchedule(y)
	n, m = tigerState{n.c, n.a, n.b}, tigerState{m.c, m.a, m.b}
	tigerPassTwo(&n, &m, x, y, 9)
	n, m = tigerState{n.c, n.a, n.b}, tigerState{m.c, m.a, m.b}
	s.a, s.b, s.c = n.a^s.a, n.b-s.b, n.c+s.c
	r.a, r.b, r.c = m.a^r.a, m.b-r.b, m.c+r.c
}

// tigerPassTwo is tigerPass for two messages.
func tigerPassTwo(s, r *tigerState, x, y *[8]uint64, factor uint64) {
	t := &tigerBoxes
	a, b, c, d, e, f := s.a, s.b, s.c, r.a, r.b, r.c
	for i := range x {
		c ^= x[i]
		f ^= y[i]
		a -= t[0][byte(c)] ^ t[1][byte(c>>16)] ^ t[2][byte(c>>32)] ^ t[3][byte(c>>48)]
		d -= t[0][byte(f)] ^ t[1][byte(f>>16)] ^ t[2][byte(f>>32)] ^ t[3][byte(f>>48)]
		b += t[3][byte(c>>8)] ^ t[2][byte(c>>24)] ^ t[1][byte(c>>40)] ^ t[0][byte(c>>56)]
		e += t[3][byte(f>>8)] ^ t[2][byte(f>>24)] ^ t[1][byte(f>>40)] ^ t[0][byte(f>>56)]
		a, b, c = b*factor, c, a
		d, e, f = e*factor, f, d
	}
	s.a, s.b, s.c, r.a, r.b, r.c = b, c, a, e, f, d
}
