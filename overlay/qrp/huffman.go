package qrp

// What the symbols of a compressed block stand for (RFC 1951, 3.2.5).
const (
	endOfBlock    = 256
	maxLiterals   = 286 // codes for bytes, end and lengths
	maxDistances  = 30
	fixedLiterals = 288
	longestCode   = 15 // bits
)

var (
	lengthBase = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
		3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193,
		257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6,
		7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}

	// lengthOrder is the order in which the lengths of the code of code lengths
	// come (3.2.7).
	lengthOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// huffman is a canonical Huffman code: how many symbols have each length, and
// the symbols in order of their codes.
type huffman struct {
	count  [longestCode + 1]uint16
	symbol [fixedLiterals]uint16
}

// build makes the code whose symbols have these lengths in bits, 0 for none. A
// code that leaves bit patterns unused is an error, unless it has no symbol or
// just one, of a single bit.
func (h *huffman) build(lengths []uint8) bool {
	h.count = [longestCode + 1]uint16{}
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	free, used := 1, 0
	var from [longestCode + 2]uint16
	for n := 1; n <= longestCode; n++ {
		if free = 2*free - int(h.count[n]); free < 0 {
			return false
		}
		used += int(h.count[n])
		from[n+1] = from[n] + h.count[n]
	}
	if free > 0 && used > 0 && (used != 1 || h.count[1] != 1) {
		return false
	}
	for s, n := range lengths {
		if n > 0 {
			h.symbol[from[n]] = uint16(s)
			from[n]++
		}
	}
	return true
}

// decode reads one symbol, or reports false if its end is missing.
func (h *huffman) decode(z *inflater) (symbol int, ok bool, f *Fault) {
	v, left := z.peek()
	var code, first, index int
	for n := 1; n <= longestCode; n++ {
		if n > left {
			return 0, false, nil
		}
		code |= int(v & 1)
		v >>= 1
		count := int(h.count[n])
		if code < first+count {
			z.pos += n
			return int(h.symbol[index+code-first]), true, nil
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, false, corrupt("bad code")
}

// codes are the two of a block.
type codes struct {
	literals  huffman // bytes, end of block, lengths
	distances huffman
}

// fixed makes the codes of a block that brings none (3.2.6).
func (c *codes) fixed() {
	var lengths [fixedLiterals]uint8
	for s := range lengths {
		switch {
		case s < 144 || s >= 280:
			lengths[s] = 8
		case s < 256:
			lengths[s] = 9
		default:
			lengths[s] = 7
		}
	}
	c.literals.build(lengths[:])
	for s := range 32 {
		lengths[s] = 5
	}
	c.distances.build(lengths[:32])
}

// read reads the codes in the head of a block (3.2.7), or reports false if some
// of it is missing.
func (c *codes) read(z *inflater) (ok bool, f *Fault) {
	head, ok := z.take(14)
	if !ok {
		return false, nil
	}
	literals, distances, ordered := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if literals > maxLiterals || distances > maxDistances {
		return false, corrupt("too many codes")
	}
	var lengths [maxLiterals + maxDistances]uint8
	for _, s := range lengthOrder[:ordered] {
		v, ok := z.take(3)
		if !ok {
			return false, nil
		}
		lengths[s] = uint8(v)
	}
	if !c.literals.build(lengths[:len(lengthOrder)]) {
		return false, corrupt("bad code of code lengths")
	}
	clear(lengths[:])
	for i := 0; i < literals+distances; {
		s, ok, f := c.literals.decode(z)
		if !ok || f != nil {
			return false, f
		}
		n, value := 1, uint8(s)
		if s >= 16 {
			if n, value, ok = repetition(z, s, lengths[:i]); !ok {
				return false, nil
			}
			if n == 0 || i+n > literals+distances {
				return false, corrupt("bad code lengths")
			}
		}
		for range n {
			lengths[i] = value
			i++
		}
	}
	if !c.literals.build(lengths[:literals]) || !c.distances.build(lengths[literals:literals+distances]) {
		return false, corrupt("bad codes")
	}
	return true, nil
}

// repetition reads how often a code length comes now: the one before, or 0. It
// returns n = 0 when there is none before.
func repetition(z *inflater, symbol int, before []uint8) (n int, value uint8, ok bool) {
	switch symbol {
	case 16:
		if len(before) == 0 {
			return 0, 0, true
		}
		n, ok = z.extra(3, 2)
		return n, before[len(before)-1], ok
	case 17:
		n, ok = z.extra(3, 3)
	default:
		n, ok = z.extra(11, 7)
	}
	return n, 0, ok
}
