package identity

import (
	"errors"
	"strings"
	"testing"
)

func TestPeerIDRoundTrip(t *testing.T) {
	for seed := range byte(50) {
		p := newIdentity(t, seed).PeerID()
		text := p.String()
		if len(text) != 56 || text != strings.ToLower(text) {
			t.Fatalf("%q is not 56 lower case characters", text)
		}
		for _, spelling := range []string{text, strings.ToUpper(text)} {
			if got, err := ParsePeerID(spelling); err != nil || got != p {
				t.Fatalf("parse %s: %v %v", spelling, got, err)
			}
		}
	}
}

// TestPeerIDMistyped changes every character, swaps every two neighbors and
// drops and doubles each: no slip of a hand yields another peer.
func TestPeerIDMistyped(t *testing.T) {
	text := newIdentity(t, 1).PeerID().String()
	refuse := func(wrong string) {
		t.Helper()
		if got, err := ParsePeerID(wrong); !errors.Is(err, ErrPeerID) || got != (PeerID{}) {
			t.Errorf("%q was taken: %v %v", wrong, got, err)
		}
	}
	for i := range text {
		for _, c := range "abcdefghijklmnopqrstuvwxyz234567018-\n=é" {
			if string(c) != text[i:i+1] {
				refuse(text[:i] + string(c) + text[i+1:])
			}
		}
		refuse(text[:i] + text[i+1:])
		refuse(text[:i] + text[i:i+1] + text[i:])
		if i > 0 && text[i] != text[i-1] {
			refuse(text[:i-1] + text[i:i+1] + text[i-1:i] + text[i+1:])
		}
	}
	refuse("")
	refuse(strings.Repeat("\n", len(text)))
}

// FuzzPeerID: what is taken is written back in the same characters.
func FuzzPeerID(f *testing.F) {
	for seed := range byte(4) {
		text := newIdentity(f, seed).PeerID().String()
		f.Add(text)
		f.Add(strings.ToUpper(text))
		f.Add(text[1:])
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePeerID(text)
		if err != nil {
			if !errors.Is(err, ErrPeerID) || p != (PeerID{}) {
				t.Fatalf("%q: %v %v", text, p, err)
			}
			return
		}
		if p.String() != strings.ToLower(text) {
			t.Fatalf("%q reads as %s", text, p)
		}
	})
}
