package wire

import (
	"encoding/base32"
	"strings"

	"filbert/overlay/wire/ggep"
)

const (
	tigerLen  = 24
	blake3Len = 32
)

// Roots is the roots of the hash trees of a file, zero where not known: the Tiger
// tree of THEX, and the BLAKE3 tree of filberts, which is the BLAKE3 hash of the file.
type Roots struct {
	Tiger  [tigerLen]byte
	Blake3 [blake3Len]byte
}

// Append is the extensions of a record that tell them: TT, as gtk-gnutella has it,
// and our B3.
func (r Roots) Append(block []ggep.Extension) []ggep.Extension {
	if r.Tiger != [tigerLen]byte{} {
		block = append(block, ggep.Extension{ID: ggep.TigerRoot, Data: r.Tiger[:]})
	}
	if r.Blake3 != [blake3Len]byte{} {
		block = append(block, ggep.Extension{ID: ggep.Blake3Root, Data: r.Blake3[:]})
	}
	return block
}

// ReadRoots reads those in the extension area of a record: TT and B3, and the Tiger
// root of a bitprint, in GGEP H or as a URN. What is malformed says nothing.
func ReadRoots(area []byte) (r Roots) {
	var buf [64]byte
	for x := range Extensions(area) {
		switch x.Kind {
		case ExtURN:
			r.bitprint(string(x.Raw[len("urn:"):]))
		case ExtGGEP:
			for e := range ggep.Each(x.Raw, ggep.TigerRoot) {
				copyAll(r.Tiger[:], smallPayload(e, buf[:0]))
			}
			for e := range ggep.Each(x.Raw, ggep.Blake3Root) {
				copyAll(r.Blake3[:], smallPayload(e, buf[:0]))
			}
			for e := range ggep.Each(x.Raw, ggep.Hash) {
				if data := smallPayload(e, buf[:0]); len(data) == 1+sha1Len+tigerLen && data[0] == hashBitprint {
					copyAll(r.Tiger[:], data[1+sha1Len:])
				}
			}
			for e := range ggep.Each(x.Raw, ggep.URN) {
				r.bitprint(string(smallPayload(e, buf[:0])))
			}
		}
	}
	return r
}

// bitprint takes the root out of "bitprint:<SHA-1>.<Tiger root>".
func (r *Roots) bitprint(urn string) {
	scheme, digits, _ := strings.Cut(urn, ":")
	_, root, ok := strings.Cut(digits, ".")
	if !ok || !strings.EqualFold(scheme, "bitprint") {
		return
	}
	if b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(root)); err == nil {
		copyAll(r.Tiger[:], b)
	}
}

// copyAll copies what is exactly as long as it should be.
func copyAll(to, from []byte) {
	if len(from) == len(to) {
		copy(to, from)
	}
}
