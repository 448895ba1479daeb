package contacts

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckName reports why a text is no petname. A petname stands wherever a peer is asked
// for, so it must not read as anything else that may stand there: a number, a GUID, an
// address.
func CheckName(name string) error {
	bad := func(why string) error { return fmt.Errorf("contacts: %w: %s", ErrName, why) }
	switch {
	case name == "" || !utf8.ValidString(name):
		return bad("it is empty or no text")
	case utf8.RuneCountInString(name) > maxName:
		return bad(fmt.Sprintf("it has more than %d characters", maxName))
	case !unicode.IsLetter([]rune(name)[0]):
		return bad("it must begin with a letter")
	case strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && r != '-' && r != '_' && r != '.'
	}):
		return bad("only letters, digits, '-', '_' and '.' may be in it")
	}
	if b, err := hex.DecodeString(name); err == nil && len(b) == 16 {
		return bad("it reads as a servent GUID")
	}
	return nil
}

// fold is what two names that are the same to a reader have in common.
func fold(name string) string { return strings.ToLower(name) }
