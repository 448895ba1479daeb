package merkle

import "encoding/binary"

// Tiger is hashed with a byte in front of the data, 0 before a leaf and 1
// before two nodes (THEX §2). The words of all blocks are read where they lie,
// one byte off, instead of moving a leaf to make room for that byte.
const (
	tigerLeaf     = 0x00
	tigerInner    = 0x01
	tigerPad      = 0x01 // after the message; 0x80 in the later Tiger2
	tigerBlock    = 64
	tigerLeafSize = 1 + leafSize
)

// tigerState is the three registers, as they begin.
type tigerState struct{ a, b, c uint64 }

var tigerStart = tigerState{0x0123456789ABCDEF, 0xFEDCBA9876543210, 0xF096A5B4C3B2E187}

// tigerSlicer hashes a slice leaf by leaf.
type tigerSlicer struct {
	above stack
	fill  int
	leaf  [tigerLeafSize]byte // the byte in front, then fill bytes of data
}

func (t *tigerSlicer) reset(int64) {
	t.above.reset(Tiger)
	t.fill = 0
}

func (t *tigerSlicer) write(p []byte) {
	for len(p) > 0 {
		if t.fill == 0 && len(p) >= 2*leafSize {
			left, right := tigerTwoLeaves((*[2 * leafSize]byte)(p))
			t.above.push(left)
			t.above.push(right)
			p = p[2*leafSize:]
			continue
		}
		if t.fill == 0 && len(p) >= leafSize {
			t.above.push(tigerFullLeaf((*[leafSize]byte)(p)))
			p = p[leafSize:]
			continue
		}
		n := copy(t.leaf[1+t.fill:], p)
		t.fill += n
		p = p[n:]
		if t.fill == leafSize {
			t.above.push(tigerFullLeaf((*[leafSize]byte)(t.leaf[1:])))
			t.fill = 0
		}
	}
}

func (t *tigerSlicer) sum(bool) Hash {
	if t.fill > 0 || t.above.depth == 0 { // an empty file has one empty leaf
		t.above.push(tigerSum(t.leaf[:1+t.fill]))
	}
	return t.above.sum(true)
}

func tigerParent(left, right Hash) Hash {
	var m [1 + 24 + 24]byte
	m[0] = tigerInner
	copy(m[1:], left[:24])
	copy(m[25:], right[:24])
	return tigerSum(m[:])
}

// tigerFullLeaf is the hash of a whole leaf: 0x00 and 1,024 bytes, which are 16
// blocks and one byte.
func tigerFullLeaf(p *[leafSize]byte) Hash {
	var x [8]uint64
	s := tigerStart
	tigerFirstBlock(&x, p)
	s.compress(&x)
	for at := tigerBlock - 1; at+tigerBlock <= leafSize; at += tigerBlock {
		block := (*[tigerBlock]byte)(p[at:])
		for i := range x {
			x[i] = binary.LittleEndian.Uint64(block[8*i:])
		}
		s.compress(&x)
	}
	x = tigerLastBlock(p)
	s.compress(&x)
	return s.hash()
}

// tigerFirstBlock is the byte in front of a leaf and the first 63 of it.
func tigerFirstBlock(x *[8]uint64, p *[leafSize]byte) {
	x[0] = binary.LittleEndian.Uint64(p[:])<<8 | tigerLeaf
	for i := 1; i < 8; i++ {
		x[i] = binary.LittleEndian.Uint64(p[8*i-1:])
	}
}

// tigerLastBlock is the last byte of a leaf, and what ends a message of
// 1,025 bytes.
func tigerLastBlock(p *[leafSize]byte) [8]uint64 {
	return [8]uint64{uint64(p[leafSize-1]) | tigerPad<<8, 7: 8 * tigerLeafSize}
}

// tigerSum is Tiger/192 of a message.
func tigerSum(m []byte) Hash {
	var x [8]uint64
	s, bits := tigerStart, uint64(len(m))*8
	for ; len(m) >= tigerBlock; m = m[tigerBlock:] {
		for i := range x {
			x[i] = binary.LittleEndian.Uint64(m[8*i:])
		}
		s.compress(&x)
	}
	var last [2 * tigerBlock]byte
	n := copy(last[:], m)
	last[n] = tigerPad
	end := tigerBlock
	if n+1 > tigerBlock-8 { // no room for the length
		end = 2 * tigerBlock
	}
	binary.LittleEndian.PutUint64(last[end-8:], bits)
	for b := last[:end]; len(b) > 0; b = b[tigerBlock:] {
		for i := range x {
			x[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
		s.compress(&x)
	}
	return s.hash()
}

func (s tigerState) hash() (h Hash) {
	binary.LittleEndian.PutUint64(h[0:], s.a)
	binary.LittleEndian.PutUint64(h[8:], s.b)
	binary.LittleEndian.PutUint64(h[16:], s.c)
	return h
}

// compress takes in one block: three passes over it, each with another factor,
// and between them the words are mixed (Tiger §2). It leaves x mixed.
func (s *tigerState) compress(x *[8]uint64) {
	a, b, c := s.a, s.b, s.c
	a, b, c = tigerPass(a, b, c, x, 5)
	tigerSchedule(x)
	c, a, b = tigerPass(c, a, b, x, 7)
	tigerSchedule(x)
	b, c, a = tigerPass(b, c, a, x, 9)
	s.a, s.b, s.c = a^s.a, b-s.b, c+s.c
}

// tigerPass is eight rounds; the registers take turns.
func tigerPass(a, b, c uint64, x *[8]uint64, factor uint64) (uint64, uint64, uint64) {
	t := &tigerBoxes
	for _, word := range x {
		c ^= word
		a -= t[0][byte(c)] ^ t[1][byte(c>>16)] ^ t[2][byte(c>>32)] ^ t[3][byte(c>>48)]
		b += t[3][byte(c>>8)] ^ t[2][byte(c>>24)] ^ t[1][byte(c>>40)] ^ t[0][byte(c>>56)]
		a, b, c = b*factor, c, a
	}
	return b, c, a // as after nine turns
}

func tigerSchedule(x *[8]uint64) {
	x[0] -= x[7] ^ 0xA5A5A5A5A5A5A5A5
	x[1] ^= x[0]
	x[2] += x[1]
	x[3] -= x[2] ^ (^x[1] << 19)
	x[4] ^= x[3]
	x[5] += x[4]
	x[6] -= x[5] ^ (^x[4] >> 23)
	x[7] ^= x[6]
	x[0] += x[7]
	x[1] -= x[0] ^ (^x[7] << 19)
	x[2] ^= x[1]
	x[3] += x[2]
	x[4] -= x[3] ^ (^x[2] >> 23)
	x[5] ^= x[4]
	x[6] += x[5]
	x[7] -= x[6] ^ 0x0123456789ABCDEF
}
