package urn

import (
	"encoding/base32"
	"fmt"
)

// SHA1 is the SHA-1 hash of a whole file, by which servents name it.
type SHA1 [20]byte

// String is the hash as 32 characters of upper-case base32.
func (h SHA1) String() string { return string(encoding.AppendEncode(nil, h[:])) }

// URN is the hash as a URN: "urn:sha1:" and 32 characters of base32.
func (h SHA1) URN() string { return prefixSHA1 + h.String() }

// ParseSHA1 reads 32 characters of base32 in any letter case. The error wraps
// ErrSyntax.
func ParseSHA1(s string) (SHA1, error) {
	var h SHA1
	if len(s) != sha1Chars || !decode(h[:], s) {
		return SHA1{}, fmt.Errorf("sha1 %.40q: %w", s, ErrSyntax)
	}
	return h, nil
}

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// decode fills dst with the base32 text s of any letter case, and reports
// whether every character, and nothing else, was needed: bits behind the last
// byte must be zero, so that one hash has one text. It does not allocate, as
// every record of every query hit passes here.
func decode(dst []byte, s string) bool {
	var bits uint32 // the low n bits are yet to be written
	var n, filled int
	for i := range len(s) {
		v, ok := value(s[i])
		if !ok {
			return false
		}
		bits, n = bits<<5|uint32(v), n+5
		if n >= 8 {
			if filled == len(dst) {
				return false
			}
			n -= 8
			dst[filled] = byte(bits >> n)
			bits &= 1<<n - 1
			filled++
		}
	}
	return filled == len(dst) && n < 5 && bits == 0
}

// value is what one character stands for.
func value(c byte) (byte, bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A', true
	case 'a' <= c && c <= 'z':
		return c - 'a', true
	case '2' <= c && c <= '7':
		return c - '2' + 26, true
	}
	return 0, false
}
