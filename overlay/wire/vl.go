package wire

// AppendVL appends v as a "vl" integer of GGEP: little endian, high zero bytes
// stripped. Zero is one byte 00, which every reader takes; LimeWire refuses the
// empty form.
func AppendVL(b []byte, v uint64) []byte {
	b = append(b, byte(v))
	for v >>= 8; v > 0; v >>= 8 {
		b = append(b, byte(v))
	}
	return b
}

// ParseVL reads a vl integer that fills b; empty is zero. More than eight bytes
// are refused.
func ParseVL(b []byte) (v uint64, ok bool) {
	if len(b) > 8 {
		return 0, false
	}
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v, true
}
