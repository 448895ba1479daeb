package wire

import (
	"bytes"
	"iter"

	"filbert/overlay/wire/ggep"
)

// ExtensionKind says what the block of an extension area is.
type ExtensionKind uint8

// The kinds.
const (
	ExtUnknown ExtensionKind = iota
	ExtURN                   // HUGE 0.94: "urn:" alone, or a whole URN
	ExtGGEP                  // a GGEP block, from its C3 on
	ExtXML                   // "<…" plain, "{…" LimeWire's, perhaps compressed
)

// Extension is one block of the extension area of a query or a record.
type Extension struct {
	Kind ExtensionKind
	Raw  []byte // without separators; aliases the area
}

// Extensions yields the blocks of an extension area, the first MaxExtensions of
// them, without allocating.
//
// Blocks are separated by 1C (and, in queries, NULs); the first byte of each
// decides its kind. A URN ends at the first byte a URN cannot hold, XML at a
// separator, a GGEP block where it says. Anything else, and a malformed GGEP
// block, is unknown up to the next separator or beginning of a known block.
func Extensions(area []byte) iter.Seq[Extension] {
	return func(yield func(Extension) bool) {
		for count := 0; len(area) > 0; {
			if isSeparator(area[0]) {
				area = area[1:]
				continue
			}
			kind, n := firstExtension(area)
			count++
			if !yield(Extension{Kind: kind, Raw: area[:n:n]}) || count == MaxExtensions {
				return
			}
			area = area[n:]
		}
	}
}

// FindGGEP returns the first GGEP extension called id in an extension area,
// without allocating.
func FindGGEP(area []byte, id string) (ggep.Extension, bool) {
	for x := range Extensions(area) {
		if x.Kind == ExtGGEP {
			if e, ok := ggep.Find(x.Raw, id); ok {
				return e, true
			}
		}
	}
	return ggep.Extension{}, false
}

// AppendGGEP appends one GGEP block to an extension area; none for no
// extensions. GGEP is the last block of an area.
func AppendGGEP(area []byte, exts ...ggep.Extension) []byte {
	if len(exts) == 0 {
		return area
	}
	return ggep.Append(appendSeparator(area), exts...)
}

func appendSeparator(area []byte) []byte {
	if len(area) > 0 {
		area = append(area, separator)
	}
	return area
}

// firstExtension measures the block at the beginning of an area that does not
// begin with a separator.
func firstExtension(area []byte) (ExtensionKind, int) {
	switch {
	case area[0] == ggep.Magic:
		if n, err := ggep.Len(area); err == nil {
			return ExtGGEP, n
		}
	case hasURNPrefix(area):
		return ExtURN, lengthWhile(area, isURN)
	case area[0] == '<' || area[0] == '{':
		return ExtXML, lengthWhile(area, func(c byte) bool { return !isSeparator(c) })
	}
	n := 1
	for n < len(area) && !beginsKnown(area[n:]) {
		n++
	}
	return ExtUnknown, n
}

// beginsKnown reports whether unknown bytes end in front of b.
func beginsKnown(b []byte) bool {
	return isSeparator(b[0]) || b[0] == ggep.Magic || hasURNPrefix(b) ||
		b[0] == '<' && len(b) > 1 && isAlpha(b[1])
}

func hasURNPrefix(b []byte) bool {
	const prefix = "urn:"
	return len(b) >= len(prefix) && b[0]|0x20 == 'u' && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

func lengthWhile(b []byte, in func(byte) bool) int {
	for i, c := range b {
		if !in(c) {
			return i
		}
	}
	return len(b)
}

func isSeparator(c byte) bool { return c == separator || c == nul }

// isURN takes what the URNs seen on the network are made of: letters, digits,
// '.' between the parts of a bitprint, and "tree:tiger/:".
func isURN(c byte) bool { return isAlnum(c) || c == '.' || c == ':' || c == '/' || c == '-' }

func isAlnum(c byte) bool { return isAlpha(c) || '0' <= c && c <= '9' }

func isAlpha(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }
