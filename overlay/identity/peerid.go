package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// PeerID names a peer: it is its Ed25519 public key, 32 bytes.
//
// Its text form is the key followed by three check bytes, the first of
// SHA-256(checkDomain, key), in base32 (RFC 4648 §6) without padding: 56 lower
// case characters. Every text has one reading and every key one text.
type PeerID [ed25519.PublicKeySize]byte

// ErrPeerID is returned for a text that is no peer ID, most often one that was
// mistyped or cut.
var ErrPeerID = errors.New("not a peer ID")

// peerIDLength is the length of the text form in characters.
const peerIDLength = (ed25519.PublicKeySize + peerIDCheck) * 8 / 5

// String returns the text form.
func (p PeerID) String() string {
	check := p.check()
	text := base32.StdEncoding.EncodeToString(append(p[:], check[:]...))
	return strings.ToLower(text)
}

// ParsePeerID reads the text form, in lower or upper case. The error wraps
// ErrPeerID.
func ParsePeerID(text string) (PeerID, error) {
	var p PeerID
	if len(text) != peerIDLength {
		return PeerID{}, fmt.Errorf("identity: %w: %d characters, want %d", ErrPeerID, len(text), peerIDLength)
	}
	// The decoder skips line breaks, so a text of the right length may yield
	// too few bytes.
	raw, err := base32.StdEncoding.DecodeString(strings.ToUpper(text))
	if err != nil || len(raw) != len(p)+peerIDCheck {
		return PeerID{}, fmt.Errorf("identity: %w: it has a character outside a-z and 2-7", ErrPeerID)
	}
	copy(p[:], raw)
	if check := p.check(); string(check[:]) != string(raw[len(p):]) {
		return PeerID{}, fmt.Errorf("identity: %w: its check characters do not fit, it was mistyped", ErrPeerID)
	}
	return p, nil
}

// GUID returns the servent GUID of the peer, as query hits and pushes carry
// it: the first 16 bytes of SHA-256(guidDomain, key), marked as the GUID of a
// 0.6 servent. It is never blank, and never one of those whose every byte has
// both nibbles above 9, which gtk-gnutella takes for spam.
func (p PeerID) GUID() [16]byte {
	sum := digest(guidDomain, p)
	guid := [16]byte(sum[:16])
	guid[guidModernAt] = guidModern
	guid[guidReservedAt] = 0
	return guid
}

// check returns the check bytes of the text form.
func (p PeerID) check() [peerIDCheck]byte {
	sum := digest(checkDomain, p)
	return [peerIDCheck]byte(sum[:])
}

func digest(domain string, p PeerID) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(domain), p[:]...))
}
