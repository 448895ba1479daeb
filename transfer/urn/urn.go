package urn

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of ParseSHA1, Parse and ParseMagnet.
var (
	// ErrSyntax: the text is not what its prefix promises.
	ErrSyntax = errors.New("malformed name")
	// ErrNamespace: a name of a kind that is not read here.
	ErrNamespace = errors.New("unknown kind of name")
)

// URN is a name of a file: its SHA-1, the root of its Tiger tree, or both (a
// bitprint). The zero URN names nothing.
type URN struct {
	SHA1    SHA1
	HasSHA1 bool   // SHA1 is set
	Tiger   string // root of the Tiger tree, 39 characters of upper-case base32, or ""
}

// Parse reads a name. Letter case does not matter. The forms are
//
//	urn:sha1:<32>
//	urn:bitprint:<32>.<39>
//	urn:tree:tiger:<39>   urn:tree:tiger/:<39>   urn:ttroot:<39>
//
// where <n> is n characters of base32. The error wraps ErrSyntax or, for other
// prefixes, ErrNamespace.
func Parse(s string) (URN, error) {
	if text, ok := cutPrefixFold(s, prefixSHA1); ok {
		h, err := ParseSHA1(text)
		return URN{SHA1: h, HasSHA1: err == nil}, err
	}
	if text, ok := cutPrefixFold(s, prefixBitprint); ok {
		return parseBitprint(text)
	}
	if text, ok := cutPrefixFold(s, prefixTTRoot); ok {
		return parseTiger(text)
	}
	if text, ok := cutPrefixFold(s, prefixTree); ok {
		layout, root, ok := strings.Cut(text, ":")
		if !ok || layout != "" && layout[0] != '/' {
			return URN{}, fmt.Errorf("urn %.80q: %w", s, ErrSyntax)
		}
		return parseTiger(root)
	}
	return URN{}, fmt.Errorf("urn %.80q: %w", s, ErrNamespace)
}

// String is the shortest name that says all u knows: a bitprint, a SHA-1 URN, a
// tree root, or "" for the zero URN.
func (u URN) String() string {
	switch {
	case u.HasSHA1 && u.Tiger != "":
		return prefixBitprint + u.SHA1.String() + "." + u.Tiger
	case u.HasSHA1:
		return u.SHA1.URN()
	case u.Tiger != "":
		return prefixTree + ":" + u.Tiger
	}
	return ""
}

func parseBitprint(text string) (URN, error) {
	sha1, tiger, _ := strings.Cut(text, ".")
	h, err := ParseSHA1(sha1)
	if err != nil {
		return URN{}, err
	}
	u, err := parseTiger(tiger)
	if err != nil {
		return URN{}, err
	}
	u.SHA1, u.HasSHA1 = h, true
	return u, nil
}

func parseTiger(text string) (URN, error) {
	var root [24]byte
	if len(text) != tigerChars || !decode(root[:], text) {
		return URN{}, fmt.Errorf("tiger tree root %.48q: %w", text, ErrSyntax)
	}
	return URN{Tiger: strings.ToUpper(text)}, nil
}

// cutPrefixFold is strings.CutPrefix for a prefix of ASCII in any letter case.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
