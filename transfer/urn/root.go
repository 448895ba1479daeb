package urn

import "fmt"

// Tiger is the root of the Tiger tree of a file (TTH). The zero value is that
// of no file: the root is unknown.
type Tiger [24]byte

// Blake3 is the BLAKE3 hash of a file, which is the root of its BLAKE3 tree.
// The zero value is that of no file: the root is unknown.
type Blake3 [32]byte

// Known reports whether the root is known.
func (h Tiger) Known() bool { return h != Tiger{} }

// Known reports whether the root is known.
func (h Blake3) Known() bool { return h != Blake3{} }

// String is the root as 39 characters of upper-case base32.
func (h Tiger) String() string { return string(encoding.AppendEncode(nil, h[:])) }

// String is the hash as 52 characters of upper-case base32.
func (h Blake3) String() string { return string(encoding.AppendEncode(nil, h[:])) }

// ParseTiger reads 39 characters of base32 in any letter case. The error wraps
// ErrSyntax.
func ParseTiger(s string) (Tiger, error) {
	var h Tiger
	if len(s) != tigerChars || !decode(h[:], s) || !h.Known() {
		return Tiger{}, fmt.Errorf("tiger tree root %.48q: %w", s, ErrSyntax)
	}
	return h, nil
}

// ParseBlake3 reads 52 characters of base32 in any letter case. The error wraps
// ErrSyntax.
func ParseBlake3(s string) (Blake3, error) {
	var h Blake3
	if len(s) != blake3Chars || !decode(h[:], s) || !h.Known() {
		return Blake3{}, fmt.Errorf("blake3 %.60q: %w", s, ErrSyntax)
	}
	return h, nil
}
