package urn

// Namespaces of the names read here. They are matched in any letter case and
// printed as written.
const (
	prefixSHA1     = "urn:sha1:"
	prefixBitprint = "urn:bitprint:"
	prefixTree     = "urn:tree:tiger" // followed by ":", or by "/", anything and ":"
	prefixTTRoot   = "urn:ttroot:"
	prefixBlake3   = "urn:blake3:" // ours
)

// Lengths in characters of base32 without padding (RFC 4648 §6).
const (
	sha1Chars   = 32 // 20 bytes, no bit left over
	tigerChars  = 39 // 24 bytes and 3 bits left over, which are zero
	blake3Chars = 52 // 32 bytes and 4 bits left over, which are zero
)
