package keyword

import (
	"iter"
	"unicode/utf16"
	"unicode/utf8"
)

// Hash returns the QRP hash of a normalised word: the low bytes of its UTF-16
// code units are folded into 32 bits and multiplied (QRP 0.1).
func Hash(word string) uint32 {
	var x, shift uint32
	for _, r := range word {
		if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
			x ^= uint32(hi&0xFF) << shift
			shift = (shift + 8) & 24
			r = lo
		}
		x ^= uint32(r&0xFF) << shift
		shift = (shift + 8) & 24
	}
	return x * hashFactor
}

// Slot returns where a word of that hash stands in a routing table of 2^bits
// slots, bits from 0 to 32. A query is hashed once and then asked of tables of
// several sizes.
func Slot(hash uint32, bits int) uint32 {
	return hash >> (32 - bits)
}

// RouteWords yields what a servent enters in its routing table for a
// normalised word of a file name: the word, and its beginnings down to
// minRouteBytes bytes with up to maxRouteCuts characters cut off. Queries are
// never shortened so: a query for "prot" finds "protocol" by these entries.
func RouteWords(word string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for cuts := 0; yield(word) && cuts < maxRouteCuts; cuts++ {
			_, size := utf8.DecodeLastRuneInString(word)
			if len(word)-size < minRouteBytes {
				return
			}
			word = word[:len(word)-size]
		}
	}
}
