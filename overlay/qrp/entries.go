package qrp

import "encoding/binary"

// apply changes the table by entries of a patch, from the slot on that the
// patch has reached. The first entry of a byte is on top. A negative one sets
// its slot, a positive one clears it; one of a single bit flips it.
func (r *Receiver) apply(data []byte) *Fault {
	width := int(r.part.bits)
	if room := int(r.slots()-r.part.slot) * width / 8; len(data) > room {
		return fault(ReasonOverflow, "QRP patch for more than %d slots", r.slots())
	}
	for len(data) > 0 {
		if r.part.slot&(1<<r.fold-1) == 0 { // most of a patch changes nothing
			n := leadingZeros(data)
			n -= n & (max(1<<r.fold*width/8, 1) - 1) // of whole slots of ours
			r.part.slot += uint32(n * 8 / width)
			if data = data[n:]; len(data) == 0 {
				break
			}
		}
		for at := 0; at < 8; at += width {
			r.entry(int8(data[0]<<at)>>(8-width), width == 1)
		}
		data = data[1:]
	}
	return nil
}

// leadingZeros is how many bytes of 0 are in front of others.
func leadingZeros(b []byte) (n int) {
	for n+8 <= len(b) && binary.NativeEndian.Uint64(b[n:]) == 0 {
		n += 8
	}
	for n < len(b) && b[n] == 0 {
		n++
	}
	return n
}

// entry applies one entry. Where the table is folded, every slot of the sender
// begins as what the slot stands for, and the slot becomes set when one of them
// is: it may claim too much, never too little.
func (r *Receiver) entry(v int8, flip bool) {
	s := &r.part
	slot := s.slot >> r.fold
	present := r.table.at(slot)
	switch {
	case flip:
		present = present != (v != 0)
	case v != 0:
		present = v < 0
	}
	s.any = s.any || present
	s.slot++
	if s.slot&(1<<r.fold-1) == 0 {
		r.table.put(slot, s.any)
		s.any = false
	}
}
