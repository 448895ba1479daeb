package wire

import (
	"bytes"
	"encoding/base32"
	"iter"

	"filbert/overlay/wire/ggep"
)

const (
	sha1Len    = 20
	sha1Base32 = 32 // the same in base32 (RFC 4648), no padding
)

// Kinds of hash in GGEP "H" that begin with a SHA-1.
const (
	hashSHA1     = 1
	hashBitprint = 2 // SHA-1, then Tiger tree root
)

// SHA1s yields the SHA-1 hashes named in an extension area, in their order:
// urn:sha1: and urn:bitprint: (HUGE 0.94), and GGEP "H" and "u". It does not
// allocate.
func SHA1s(area []byte) iter.Seq[[sha1Len]byte] {
	return func(yield func([sha1Len]byte) bool) {
		var buf [64]byte
		for x := range Extensions(area) {
			switch x.Kind {
			case ExtURN:
				if sum, ok := parseSHA1(x.Raw[len("urn:"):]); ok && !yield(sum) {
					return
				}
			case ExtGGEP:
				for e := range ggep.Each(x.Raw, ggep.Hash) {
					data := smallPayload(e, buf[:0])
					if len(data) > sha1Len && (data[0] == hashSHA1 || data[0] == hashBitprint) &&
						!yield([sha1Len]byte(data[1:])) {
						return
					}
				}
				for e := range ggep.Each(x.Raw, ggep.URN) {
					if sum, ok := parseSHA1(smallPayload(e, buf[:0])); ok && !yield(sum) {
						return
					}
				}
			}
		}
	}
}

// AppendSHA1 appends a urn:sha1: block to an extension area.
func AppendSHA1(area []byte, sum [sha1Len]byte) []byte {
	area = append(appendSeparator(area), "urn:sha1:"...)
	return base32.StdEncoding.AppendEncode(area, sum[:])
}

// parseSHA1 reads "sha1:" or "bitprint:" and 32 base32 digits, of either case,
// which nothing or a '.' must follow.
func parseSHA1(urn []byte) (sum [sha1Len]byte, ok bool) {
	scheme, digits, ok := bytes.Cut(urn, []byte{':'})
	if !ok || !bytes.EqualFold(scheme, []byte("sha1")) && !bytes.EqualFold(scheme, []byte("bitprint")) {
		return sum, false
	}
	if len(digits) < sha1Base32 || len(digits) > sha1Base32 && digits[sha1Base32] != '.' {
		return sum, false
	}
	var bits uint64
	at := 0
	for i, c := range digits[:sha1Base32] {
		switch {
		case isAlpha(c):
			bits = bits<<5 | uint64(c|0x20-'a')
		case '2' <= c && c <= '7':
			bits = bits<<5 | uint64(c-'2'+26)
		default:
			return sum, false
		}
		if i%8 == 7 { // eight digits make five bytes
			for shift := 32; shift >= 0; shift -= 8 {
				sum[at] = byte(bits >> shift)
				at++
			}
		}
	}
	return sum, true
}
