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

// URN is a name of a file: its SHA-1, the root of its Tiger tree, both (a
// bitprint), or its BLAKE3. The zero URN names nothing.
type URN struct {
	SHA1    SHA1
	HasSHA1 bool // SHA1 is set
	Tiger   Tiger
	Blake3  Blake3
}

// Parse reads a name. Letter case does not matter. The forms are
//
//	urn:sha1:<32>
//	urn:bitprint:<32>.<39>
//	urn:tree:tiger:<39>   urn:tree:tiger/:<39>   urn:ttroot:<39>
//	urn:blake3:<52>
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
		h, err := ParseTiger(text)
		return URN{Tiger: h}, err
	}
	if text, ok := cutPrefixFold(s, prefixBlake3); ok {
		h, err := ParseBlake3(text)
		return URN{Blake3: h}, err
	}
	if text, ok := cutPrefixFold(s, prefixTree); ok {
		layout, root, ok := strings.Cut(text, ":")
		if !ok || layout != "" && layout[0] != '/' {
			return URN{}, fmt.Errorf("urn %.80q: %w", s, ErrSyntax)
		}
		h, err := ParseTiger(root)
		return URN{Tiger: h}, err
	}
	return URN{}, fmt.Errorf("urn %.80q: %w", s, ErrNamespace)
}

// String is one name of u: its bitprint, SHA-1 or tree root, else its BLAKE3,
// or "" for the zero URN.
func (u URN) String() string {
	switch {
	case u.HasSHA1 && u.Tiger.Known():
		return prefixBitprint + u.SHA1.String() + "." + u.Tiger.String()
	case u.HasSHA1:
		return u.SHA1.URN()
	case u.Tiger.Known():
		return prefixTree + ":" + u.Tiger.String()
	case u.Blake3.Known():
		return prefixBlake3 + u.Blake3.String()
	}
	return ""
}

func parseBitprint(text string) (URN, error) {
	sha1, tiger, _ := strings.Cut(text, ".")
	h, err := ParseSHA1(sha1)
	if err != nil {
		return URN{}, err
	}
	root, err := ParseTiger(tiger)
	if err != nil {
		return URN{}, err
	}
	return URN{SHA1: h, HasSHA1: true, Tiger: root}, nil
}

// cutPrefixFold is strings.CutPrefix for a prefix of ASCII in any letter case.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
