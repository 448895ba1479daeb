package transfer

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unnamed is what a name becomes of which nothing could be kept.
const unnamed = "unnamed"

// replacement stands for what a file name must not contain.
const replacement = '_'

// SafeName makes a name that came from elsewhere one that every file system
// stores and no program misreads. The result
//
//   - is valid UTF-8 in Unicode normal form C, 1 to 255 bytes long,
//   - has no separator, control character or line end, nor any other of the
//     characters Windows reserves ("_" stands for each),
//   - has nothing invisible: no bidirectional override, zero-width or other
//     formatting character, no tower of combining marks (they are left out),
//   - neither begins with a space or a dot nor ends with one,
//   - is no device name of Windows, with or without extension.
//
// The same input always gives the same name, and a safe name is its own.
// Different inputs may give one name.
func SafeName(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, string(replacement)))
	s = norm.NFC.String(strings.Map(safeRunes(), s))
	s = trimName(s)
	if s != "" && s[0] == '.' {
		s = string(replacement) + s[1:]
	}
	if isDevice(s) {
		s = string(replacement) + s
	}
	s = cutName(s)
	if s == "" {
		return unnamed
	}
	return s
}

// safeRunes is a function for strings.Map that is called with the runes of one
// name: what stands for each in a file name, -1 for nothing.
func safeRunes() func(r rune) rune {
	marks := 0 // combining marks in a row
	return func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\<>:"|?*`, r), r == utf8.RuneError, breaking(r):
			marks = 0
			return replacement
		case r < utf8.RuneSelf:
			marks = 0
		case invisible(r):
			return -1
		case !unicode.Is(unicode.M, r):
			marks = 0
		default:
			if marks++; marks > maxMarks {
				return -1
			}
		}
		return r
	}
}

// breaking reports whether r ends lines or means something to a terminal.
func breaking(r rune) bool {
	return unicode.IsControl(r) || r > unicode.MaxLatin1 && unicode.In(r, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point)
}

// invisible reports whether r changes what is seen without being seen.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// trimName cuts spaces at both ends and dots at the end.
func trimName(s string) string {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	return strings.TrimRightFunc(s, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
}

// cutName shortens s to maxName bytes and keeps its extension, if that looks
// like one.
func cutName(s string) string {
	if len(s) <= maxName {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > maxExtension {
		ext = ""
	}
	end := maxName - len(ext)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return trimName(s[:end]) + ext
}

// isDevice reports whether Windows would open a device for the name.
func isDevice(s string) bool {
	base, _, _ := strings.Cut(s, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}
