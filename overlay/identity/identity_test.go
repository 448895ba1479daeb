package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// seeded returns the random bytes of a simulated node.
func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func newIdentity(t testing.TB, seed byte) *Identity {
	t.Helper()
	id, err := New(seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSameRandomBytesSameIdentity(t *testing.T) {
	a, b, other := newIdentity(t, 1), newIdentity(t, 1), newIdentity(t, 2)
	if a.PeerID() != b.PeerID() || a.GUID() != b.GUID() {
		t.Error("one seed made two identities")
	}
	if a.PeerID() == other.PeerID() || a.GUID() == other.GUID() {
		t.Error("two seeds made one identity")
	}
}

func TestNewNeedsWholeSeed(t *testing.T) {
	if _, err := New(bytes.NewReader(make([]byte, 31))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("31 random bytes: %v, want %v", err, io.ErrUnexpectedEOF)
	}
	if _, err := New(bytes.NewReader(make([]byte, 32))); err != nil {
		t.Errorf("32 random bytes: %v", err)
	}
}

// TestGUIDPassesForeignChecks holds the GUIDs of many identities against what
// other servents drop: blank ones, and those gtk-gnutella calls odd.
func TestGUIDPassesForeignChecks(t *testing.T) {
	seen := map[[16]byte]bool{}
	for i := range 1000 {
		var p PeerID
		p[0], p[1] = byte(i), byte(i>>8)
		guid := p.GUID()
		if guid[8] != 0xFF || guid[15] != 0 {
			t.Fatalf("%x: byte 8 is not ff or byte 15 is not 00", guid)
		}
		odd := true
		for _, b := range guid {
			odd = odd && b >= 0xAA && b&0x0F >= 0x0A
		}
		if odd || guid == ([16]byte{}) || seen[guid] {
			t.Fatalf("%x is odd, blank or not unique", guid)
		}
		seen[guid] = true
	}
}

// TestNames pins what was given to the world: both can never change.
func TestNames(t *testing.T) {
	var p PeerID
	for i := range p {
		p[i] = byte(i)
	}
	const (
		text = "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyptl2bi"
		guid = "fdd24f726b577b28ff9e57c2d690f500"
	)
	if p.String() != text {
		t.Errorf("peer ID %s, want %s", p, text)
	}
	if got := p.GUID(); fmt.Sprintf("%x", got) != guid {
		t.Errorf("GUID %x, want %s", got, guid)
	}
}

func TestPrintingShowsNoKey(t *testing.T) {
	id := newIdentity(t, 1)
	if got := fmt.Sprint(id); got != id.PeerID().String() {
		t.Errorf("printed as %s", got)
	}
	secret := fmt.Sprintf("%x", id.key.Seed())
	if strings.Contains(fmt.Sprintf("%x %v %s", id, id, id), secret) {
		t.Error("the seed was printed")
	}
}
