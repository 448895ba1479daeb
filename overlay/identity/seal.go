package identity

import (
	"crypto/ecdh"
	"crypto/sha512"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// The key pair of an identity is a point of edwards25519, which has another form on
// curve25519 (RFC 7748 §4.1): so who knows a peer ID can seal to its owner, who has to
// tell no further key. What is sealed so begins with words that no other use has.

// field is the prime 2^255 - 19.
var field = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))

// errNoSeal is that of a key which is not one of a key pair.
var errNoSeal = errors.New("nothing can be sealed to this key")

// SealKey is the private half of what others seal to.
func (id *Identity) SealKey() *ecdh.PrivateKey {
	sum := sha512.Sum512(id.key.Seed())
	key, err := ecdh.X25519().NewPrivateKey(sum[:32])
	if err != nil { // 32 bytes are always a key
		panic(err)
	}
	return key
}

// SealKey is the key to which something is sealed that the peer alone shall read.
func (p PeerID) SealKey() (*ecdh.PublicKey, error) {
	le := slices.Clone(p[:])
	le[31] &= 0x7f // the sign of x
	slices.Reverse(le)
	y, one := new(big.Int).SetBytes(le), big.NewInt(1)
	// u = (1 + y) / (1 - y)
	below := new(big.Int).ModInverse(new(big.Int).Mod(new(big.Int).Sub(one, y), field), field)
	if below == nil {
		return nil, fmt.Errorf("identity: %w", errNoSeal)
	}
	u := new(big.Int).Mul(new(big.Int).Add(one, y), below)
	raw := u.Mod(u, field).FillBytes(make([]byte, 32))
	slices.Reverse(raw)
	key, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return nil, fmt.Errorf("identity: %w: %w", errNoSeal, err)
	}
	return key, nil
}
