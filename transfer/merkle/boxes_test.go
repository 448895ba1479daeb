package merkle

import "encoding/binary"

// generateBoxes makes the substitution boxes of Tiger as its designers did
// (Tiger §4 and appendix): every column begins with the bytes in order, which
// are exchanged as the state of Tiger tells while it hashes a text with the
// boxes so far.
func generateBoxes() [4][256]uint64 {
	const text = "Tiger - A Fast New Hash Function, by Ross Anderson and Eli Biham"
	const passes = 5
	kept := tigerBoxes
	defer func() { tigerBoxes = kept }()
	for box := range tigerBoxes {
		for i := range tigerBoxes[box] {
			tigerBoxes[box][i] = uint64(i) * 0x0101010101010101
		}
	}
	s := tigerStart
	var state [3][8]byte
	register := 2
	for range passes {
		for i := range 256 {
			for box := range 4 {
				if register++; register == 3 {
					register = 0
					var x [8]uint64
					for j := range x {
						x[j] = binary.LittleEndian.Uint64([]byte(text[8*j:]))
					}
					s.compress(&x)
					binary.LittleEndian.PutUint64(state[0][:], s.a)
					binary.LittleEndian.PutUint64(state[1][:], s.b)
					binary.LittleEndian.PutUint64(state[2][:], s.c)
				}
				for col := range 8 {
					exchange(&tigerBoxes[box], i, int(state[register][col]), col)
				}
			}
		}
	}
	return tigerBoxes
}

// exchange swaps the bytes in column col of two rows.
func exchange(box *[256]uint64, i, j, col int) {
	mask := uint64(0xFF) << (8 * col)
	a, b := box[i]&mask, box[j]&mask
	box[i], box[j] = box[i]&^mask|b, box[j]&^mask|a
}
