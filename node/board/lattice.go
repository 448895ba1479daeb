package board

import (
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"
)

// sum is a SHA-256.
type sum [sha256.Size]byte

// lattice is a hash of a set that changes by one element at a time: LtHash (Bellare and
// Micciancio 1997; Lewi et al. 2019, of whom the sizes are). Each element is stretched to
// 1,024 numbers of 16 bits, which are added. Nobody can find two sets with one sum, not
// even who chooses them; with XOR or one sum of 256 bits who leaves elements out could.
type lattice [latticeLen]uint16

const latticeLen = 1024

// stretch makes a lattice of one element.
func stretch(element sum) (l lattice) {
	var b [2 * latticeLen]byte
	h := sha3.NewSHAKE128()
	h.Write([]byte(latticeDomain))
	h.Write(element[:])
	h.Read(b[:])
	l.decode(b[:])
	return l
}

func (l *lattice) add(element sum) {
	s := stretch(element)
	for i := range l {
		l[i] += s[i]
	}
}

func (l *lattice) remove(element sum) {
	s := stretch(element)
	for i := range l {
		l[i] -= s[i]
	}
}

// digest is what authors sign.
func (l *lattice) digest() sum {
	return sum(sha256.Sum256(append([]byte(digestDomain), l.encode()...)))
}

func (l *lattice) encode() []byte {
	b := make([]byte, 2*latticeLen)
	for i, n := range l {
		binary.BigEndian.PutUint16(b[2*i:], n)
	}
	return b
}

// decode reads what encode wrote; the length must fit.
func (l *lattice) decode(b []byte) {
	for i := range l {
		l[i] = binary.BigEndian.Uint16(b[2*i:])
	}
}
