package keyword

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// graphemeJoiner is what norm puts into runs of more than 30 marks.
const graphemeJoiner = '\u034F'

// Normalize returns the words of text in canonical form, one space between
// them: lower-case letters and digits, marks stripped. "Café_Été-01.MP3" becomes
// "cafe ete 01 mp3". The result is its own normal form and keeps to
// MaxTextBytes, MaxWordBytes and MaxWords.
func Normalize(text string) string {
	return string(AppendNormalized(make([]byte, 0, min(len(text), MaxTextBytes)), text))
}

// AppendNormalized appends Normalize(text) to dst. For ASCII text it allocates
// nothing but room in dst.
func AppendNormalized(dst []byte, text string) []byte {
	text = cut(text, MaxTextBytes)
	if out, ok := appendASCII(dst, text); ok {
		return out
	}
	// norm leaves the character behind an invalid byte as it is. Such a byte
	// separates words.
	text = strings.ToValidUTF8(text, " ")
	folded := appendFolded(make([]byte, 0, 2*len(text)), norm.NFKD.String(text))
	return appendSplit(dst, norm.NFC.Bytes(folded))
}

// cut shortens s to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for end := n; end > n-utf8.UTFMax; end-- {
		if utf8.RuneStart(s[end]) {
			return s[:end]
		}
	}
	return s[:n] // not UTF-8
}

// appendASCII is AppendNormalized for text that is ASCII. For other text it
// returns ok false, and dst as it was.
func appendASCII(dst []byte, text string) (_ []byte, ok bool) {
	start := len(dst)
	words, length := 0, 0 // words begun, bytes seen of the last if it goes on
	for i := range len(text) {
		switch c := asciiFold[text[i]]; c {
		case notASCII:
			return dst[:start], false
		case dropped:
		case separator:
			length = 0
		default:
			if length == 0 {
				if words++; words > 1 && words <= MaxWords {
					dst = append(dst, ' ')
				}
			}
			if words <= MaxWords && length < MaxWordBytes {
				dst = append(dst, c)
			}
			length++
		}
	}
	return dst, true
}

// appendSplit appends the words of text, which is folded and composed, split
// where the block changes and cut to the limits.
func appendSplit(dst, text []byte) []byte {
	room := len(dst) + MaxTextBytes
	words, length, block := 0, 0, latin
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		char := text[:size]
		text = text[size:]
		switch r {
		case separator:
			length = 0
			continue
		case graphemeJoiner:
			continue
		}
		if b := blockOf(r); length == 0 || b != block {
			block, length = b, 0
			if words == MaxWords || len(dst)+1+size > room {
				break
			}
			if words++; words > 1 {
				dst = append(dst, ' ')
			}
		}
		if len(dst)+size > room {
			break
		}
		if length+size <= MaxWordBytes {
			dst = append(dst, char...)
			length += size
		} else {
			length = MaxWordBytes // no shorter character fits in its place
		}
	}
	return dst
}
