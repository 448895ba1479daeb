package group

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"filbert/overlay/identity"
)

// ID names a group: the hash of its founder's first record.
//
// Its text form is that of a peer ID: the bytes and three check bytes in base32, 56 lower
// case characters.
type ID [hashLen]byte

// Hash names a record: SHA-256 of what is signed of it.
type Hash [hashLen]byte

// ErrID is returned for a text that is no group ID.
var ErrID = errors.New("not a group ID")

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// String returns the text form.
func (id ID) String() string { return checkedText(id[:]) }

// ParseID reads the text form, in lower or upper case. The error wraps ErrID.
func ParseID(text string) (ID, error) {
	raw, ok := parseChecked(text, hashLen)
	if !ok {
		return ID{}, fmt.Errorf("group: %w: want %d characters of a-z and 2-7 whose check fits", ErrID, (hashLen+idCheck)*8/5)
	}
	return ID(raw), nil
}

// checkedText writes bytes with their check bytes.
func checkedText(b []byte) string {
	sum := digest(checkDomain, b)
	return strings.ToLower(base32Text.EncodeToString(append(b[:len(b):len(b)], sum[:idCheck]...)))
}

// parseChecked reads what checkedText wrote of n bytes; every text has one reading.
func parseChecked(text string, n int) ([]byte, bool) {
	raw, err := base32Text.DecodeString(strings.ToUpper(text))
	if err != nil || len(raw) != n+idCheck || checkedText(raw[:n]) != strings.ToLower(text) {
		return nil, false
	}
	return raw[:n], true
}

// Tag marks what is meant for a peer in a group, or for all of it if the peer is zero. Who
// does not know the group's ID cannot tell which tags belong together.
type Tag [8]byte

// TagOf returns the tag.
func TagOf(id ID, to identity.PeerID) Tag {
	sum := digest(tagDomain, id[:], to[:])
	return Tag(sum[:len(Tag{})])
}

// digest hashes parts of fixed lengths under a domain.
func digest(domain string, parts ...[]byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write([]byte(domain))
	for _, p := range parts {
		h.Write(p)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
