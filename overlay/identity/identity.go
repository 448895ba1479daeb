package identity

import (
	"crypto/ed25519"
	"fmt"
	"io"
)

// Identity is the key pair of a servent. It does not change and may be used by
// several goroutines.
type Identity struct {
	key ed25519.PrivateKey
}

// New makes an identity in memory from 32 bytes of rand; the same bytes give
// the same identity.
func New(rand io.Reader) (*Identity, error) {
	// ed25519.GenerateKey does not promise how it uses what it reads.
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return nil, fmt.Errorf("identity: make a key: %w", err)
	}
	return &Identity{ed25519.NewKeyFromSeed(seed)}, nil
}

// PeerID returns the name of the identity: its public key.
func (id *Identity) PeerID() PeerID { return PeerID(id.key.Public().(ed25519.PublicKey)) }

// GUID returns the servent GUID that goes with the identity; see PeerID.GUID.
func (id *Identity) GUID() [16]byte { return id.PeerID().GUID() }

// String returns the peer ID in text form, so that printing an identity never
// shows its key.
func (id *Identity) String() string { return id.PeerID().String() }
