package group

import (
	"bytes"
	"testing"
)

// TestLetter: a letter to a member opens for that member, in that group, as it was sealed.
func TestLetter(t *testing.T) {
	peers := newPeers(t, 4)
	s := found(t, peers[:3]...)
	other, err := Found(peers[0], "other", seeded(2000), noon)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range peers[:3] {
		sealed, err := s.SealTo(p.PeerID(), []byte("hello"))
		if err != nil || len(sealed) != letterOverhead+5 || bytes.Contains(sealed, []byte("hello")) {
			t.Fatalf("%x, %v", sealed, err)
		}
		for k, reader := range peers {
			got, ok := s.OpenLetter(reader, sealed)
			if ok != (i == k) || ok && string(got) != "hello" {
				t.Errorf("a letter to %d: %d reads %q, %v", i, k, got, ok)
			}
		}
		if _, ok := other.OpenLetter(p, sealed); ok {
			t.Error("it opens in another group")
		}
		for at := range sealed {
			sealed[at] ^= 1
			if _, ok := s.OpenLetter(p, sealed); ok {
				t.Errorf("byte %d was changed", at)
			}
			sealed[at] ^= 1
		}
	}
	_, err = s.SealTo(peers[3].PeerID(), nil)
	wantRefused(t, err, NotMember)
	_, err = s.SealTo(peers[1].PeerID(), make([]byte, maxPayload+1))
	wantRefused(t, err, TooMany)
}

// FuzzLetter: nothing but what was sealed opens.
func FuzzLetter(f *testing.F) {
	p := newPeer(f, 0)
	s, err := Found(p, "lab", seeded(1000), noon)
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := s.SealTo(p.PeerID(), []byte("hello"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:letterOverhead])
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, ok := s.OpenLetter(p, b); ok && string(got) != "hello" {
			t.Errorf("%x opens: %q", b, got)
		}
	})
}
