package identity

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// TestSealKey: what a peer ID tells to seal to is what its owner has the other half of.
func TestSealKey(t *testing.T) {
	for i := range uint32(200) {
		id, err := New(bytes.NewReader(binary.BigEndian.AppendUint32(make([]byte, 28), i)))
		if err != nil {
			t.Fatal(err)
		}
		told, err := id.PeerID().SealKey()
		if err != nil || !told.Equal(id.SealKey().PublicKey()) {
			t.Fatalf("identity %d: sealed to %x, %v, opened with %x", i, told.Bytes(), err, id.SealKey().PublicKey().Bytes())
		}
	}
	if _, err := (PeerID{1}).SealKey(); err == nil {
		t.Error("y = 1 is at infinity, and can be sealed to")
	}
}
