package qrp

import (
	"hash"
	"hash/adler32"
)

// inflater inflates a zlib stream (RFC 1950 and 1951) that arrives in pieces. It
// stops where the bytes end and goes on with the next piece, which the inflaters
// at hand cannot: they pull from a reader, so that each link in the middle of a
// patch would cost a goroutine or its whole compressed patch in memory.
//
// It decodes units: the head of a block with its code lengths, one symbol with
// its distance, a run of stored bytes. A unit whose end is missing is left in
// the buffer and begun again. Output beyond the announced length is refused, so
// that a bomb inflates to no more than an honest patch.
type inflater struct {
	buf  [inputStep + maxUnit]byte
	have int // bytes in buf
	pos  int // bits of buf that are used up

	state  inflateState
	last   bool // this is the last block
	stored int  // bytes left of a stored block
	codes  codes

	window []byte // of a size that is a power of two; the latest output
	out    int    // bytes put out
	told   int    // of them given to emit
	size   int    // bytes there may be
	sum    hash.Hash32
}

type inflateState uint8

const (
	inHeader inflateState = iota
	inBlock
	inStored
	inCodes
	inTrailer
	inNothing // the stream is over
)

// newInflater returns an inflater of a stream of at most size bytes, a power of
// two.
func newInflater(size int) *inflater {
	return &inflater{size: size, window: make([]byte, min(size, maxWindow)), sum: adler32.New()}
}

// memory is what the inflater holds, in bytes.
func (z *inflater) memory() int {
	if z == nil {
		return 0
	}
	return len(z.window) + len(z.buf)
}

// push inflates the next piece of the stream and gives emit what comes out. A
// stream may lack its end: whether enough came out is for the caller to see.
func (z *inflater) push(in []byte, emit func([]byte) *Fault) *Fault {
	for len(in) > 0 {
		n := copy(z.buf[z.have:], in)
		in, z.have = in[n:], z.have+n
		if f := z.run(emit); f != nil {
			return f
		}
		used := z.pos / 8
		z.have = copy(z.buf[:], z.buf[used:z.have])
		z.pos -= 8 * used
	}
	return z.tell(emit)
}

// run decodes whole units until the buffer has none.
func (z *inflater) run(emit func([]byte) *Fault) *Fault {
	for {
		begin := z.pos
		whole, f := z.unit(emit)
		if f != nil {
			return f
		}
		if !whole {
			z.pos = begin
			return nil
		}
	}
}

// unit decodes one unit, or reports false if its end is missing.
func (z *inflater) unit(emit func([]byte) *Fault) (whole bool, f *Fault) {
	switch z.state {
	case inHeader:
		return z.header()
	case inBlock:
		return z.block()
	case inStored:
		return z.copyStored(emit)
	case inCodes:
		return z.symbol(emit)
	case inTrailer:
		return z.trailer(emit)
	}
	if z.pos < 8*z.have {
		return false, fault(ReasonOverflow, "QRP patch goes on after the end of its stream")
	}
	return false, nil
}

// header reads the two bytes in front of the first block.
func (z *inflater) header() (whole bool, f *Fault) {
	v, ok := z.take(16)
	if !ok {
		return false, nil
	}
	method, flags := v&0xFF, v>>8
	if method&0xF != 8 || method>>4 > 7 || (method<<8|flags)%31 != 0 || flags&0x20 != 0 {
		return false, corrupt("no header")
	}
	z.state = inBlock
	return true, nil
}

// block reads the head of a block.
func (z *inflater) block() (whole bool, f *Fault) {
	v, ok := z.take(3)
	if !ok {
		return false, nil
	}
	z.last = v&1 != 0
	switch v >> 1 {
	case 0:
		z.align()
		size, ok := z.take(16)
		inverse, ok2 := z.take(16)
		if !ok || !ok2 {
			return false, nil
		}
		if size != ^inverse&0xFFFF {
			return false, corrupt("bad stored block")
		}
		z.stored, z.state = int(size), inStored
	case 1:
		z.codes.fixed()
		z.state = inCodes
	case 2:
		if ok, f := z.codes.read(z); !ok || f != nil {
			return false, f
		}
		z.state = inCodes
	default:
		return false, corrupt("bad block type")
	}
	return true, nil
}

// copyStored puts out what the buffer has of a stored block.
func (z *inflater) copyStored(emit func([]byte) *Fault) (whole bool, f *Fault) {
	if z.stored == 0 {
		z.endBlock()
		return true, nil
	}
	from := z.pos / 8
	n := min(z.stored, z.have-from)
	for _, b := range z.buf[from : from+n] {
		if f := z.put(b, emit); f != nil {
			return false, f
		}
	}
	z.stored -= n
	z.pos += 8 * n
	return n > 0, nil
}

// symbol decodes a byte, a repetition or the end of a block.
func (z *inflater) symbol(emit func([]byte) *Fault) (whole bool, f *Fault) {
	s, ok, f := z.codes.literals.decode(z)
	switch {
	case !ok || f != nil:
		return false, f
	case s < endOfBlock:
		return true, z.put(byte(s), emit)
	case s == endOfBlock:
		z.endBlock()
		return true, nil
	case s >= endOfBlock+1+len(lengthBase):
		return false, corrupt("bad length")
	}
	length, ok := z.extra(lengthBase[s-endOfBlock-1], lengthExtra[s-endOfBlock-1])
	if !ok {
		return false, nil
	}
	d, ok, f := z.codes.distances.decode(z)
	switch {
	case !ok || f != nil:
		return false, f
	case d >= len(distanceBase):
		return false, corrupt("bad distance")
	}
	distance, ok := z.extra(distanceBase[d], distanceExtra[d])
	if !ok {
		return false, nil
	}
	if distance > z.out || distance > len(z.window) {
		return false, corrupt("distance too far back")
	}
	return true, z.repeat(length, distance, emit)
}

func (z *inflater) endBlock() {
	z.state = inBlock
	if z.last {
		z.state = inTrailer
	}
}

// trailer compares the checksum.
func (z *inflater) trailer(emit func([]byte) *Fault) (whole bool, f *Fault) {
	z.align()
	var sum uint32
	for range 4 {
		b, ok := z.take(8)
		if !ok {
			return false, nil
		}
		sum = sum<<8 | b
	}
	if f := z.tell(emit); f != nil {
		return false, f
	}
	if sum != z.sum.Sum32() {
		return false, corrupt("bad checksum")
	}
	z.state = inNothing
	return true, nil
}

// put adds a byte to the output.
func (z *inflater) put(b byte, emit func([]byte) *Fault) *Fault {
	if z.out == z.size {
		return z.overflow()
	}
	z.window[z.out&(len(z.window)-1)] = b
	return z.advance(1, emit)
}

// repeat adds what was put out some bytes before, run by run of what lies
// together in the window.
func (z *inflater) repeat(length, distance int, emit func([]byte) *Fault) *Fault {
	if length > z.size-z.out {
		return z.overflow()
	}
	for length > 0 {
		to, from := z.out&(len(z.window)-1), (z.out-distance)&(len(z.window)-1)
		n := min(length, distance, len(z.window)-max(to, from))
		copy(z.window[to:to+n], z.window[from:])
		length -= n
		if f := z.advance(n, emit); f != nil {
			return f
		}
	}
	return nil
}

func (z *inflater) overflow() *Fault {
	return fault(ReasonOverflow, "QRP patch inflates to more than %d bytes", z.size)
}

// advance counts n bytes that are in the window, and tells of them before they
// are overwritten.
func (z *inflater) advance(n int, emit func([]byte) *Fault) *Fault {
	z.out += n
	if z.out&(len(z.window)-1) == 0 {
		return z.tell(emit)
	}
	return nil
}

// tell gives emit the output it has not seen yet, which never wraps around the
// window.
func (z *inflater) tell(emit func([]byte) *Fault) *Fault {
	n := z.out - z.told
	if n == 0 {
		return nil
	}
	from := z.told & (len(z.window) - 1)
	z.told = z.out
	z.sum.Write(z.window[from : from+n])
	return emit(z.window[from : from+n])
}

// take reads n bits, at most 16, the lowest first.
func (z *inflater) take(n int) (v uint32, ok bool) {
	v, left := z.peek()
	if left < n {
		return 0, false
	}
	z.pos += n
	return v & (1<<n - 1), true
}

// extra is base and as many more as n bits say.
func (z *inflater) extra(base uint16, n uint8) (int, bool) {
	v, ok := z.take(int(n))
	return int(base) + int(v), ok
}

// peek returns the next 16 bits, zeros where the buffer has ended, and how many
// there are.
func (z *inflater) peek() (v uint32, left int) {
	for i, at := z.pos/8, 0; i < z.have && at < 24; i, at = i+1, at+8 {
		v |= uint32(z.buf[i]) << at
	}
	return v >> (z.pos % 8) & 0xFFFF, min(16, 8*z.have-z.pos)
}

// align skips the rest of a byte.
func (z *inflater) align() { z.pos = (z.pos + 7) / 8 * 8 }

func corrupt(what string) *Fault { return fault(ReasonInflate, "QRP patch does not inflate: %s", what) }
