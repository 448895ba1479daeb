package keyword

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Classes of ASCII in normalised text; every other value is the byte to write.
const (
	dropped   = 0x00
	separator = ' '
	notASCII  = 0x80
)

// asciiFold maps a byte to its class.
var asciiFold = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case c >= utf8.RuneSelf:
			t[i] = notASCII
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			t[i] = c
		case 'A' <= c && c <= 'Z':
			t[i] = c + 'a' - 'A'
		case c == '\n':
			t[i] = separator
		case c < ' ', c == 0x7F:
			t[i] = dropped
		default:
			t[i] = separator
		}
	}
	return t
}()

// appendFolded appends the lower-case letters, digits and spaces that the
// NFKD text s comes to.
func appendFolded(dst []byte, s string) []byte {
	for i, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if c := asciiFold[r]; c != dropped {
				dst = append(dst, c)
			}
		case r == '\u0345': // combining ypogegrammeni
			dst = append(dst, "ι"...)
		case unicode.Is(unicode.Mn, r):
			if changesMeaning(s[i:]) {
				dst = utf8.AppendRune(dst, r)
			}
		case unicode.Is(unicode.Cc, r):
		default:
			switch r = unicode.ToLower(r); {
			case r == 'ß':
				dst = append(dst, "ss"...)
			case isWordRune(r):
				dst = utf8.AppendRune(dst, r)
			default:
				dst = append(dst, separator)
			}
		}
	}
	return dst
}

// isWordRune reports whether r, lower-cased, is part of words.
func isWordRune(r rune) bool {
	return unicode.In(r, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Nd) ||
		unicode.Is(unicode.Cn, r) && !unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// changesMeaning reports whether the nonspacing mark that s begins with makes
// another letter of the one before it, rather than adorning it.
func changesMeaning(s string) bool {
	const (
		nukta       = 7
		kanaVoicing = 8
		virama      = 9
	)
	switch norm.NFD.PropertiesString(s).CCC() {
	case nukta, kanaVoicing, virama:
		return true
	}
	return false
}
