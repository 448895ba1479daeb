package group

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"fmt"

	"filbert/overlay/identity"
)

// Signer is an identity: its ID, and signatures by it, of which the same message has always
// the same (RFC 8032). *identity.Identity is one.
type Signer interface {
	PeerID() identity.PeerID
	Sign(message []byte) []byte
}

// Key is the key of a group between two rotations. Every use derives its own of it.
type Key [keyLen]byte

// derive returns the key of one use.
func (k Key) derive(domain string) [keyLen]byte {
	out, err := hkdf.Key(sha256.New, k[:], nil, domain, keyLen)
	if err != nil { // only if too many bytes are asked
		panic(err)
	}
	return [keyLen]byte(out)
}

// KeyID tells envelopes of one key from those of another without saying which it is.
type KeyID [4]byte

func (k Key) id() KeyID {
	sum := digest(keyIDDomain, k[:])
	return KeyID(sum[:len(KeyID{})])
}

// boxKey is the key pair to which keys of one group are sealed. It is derived of a signature
// that is never sent, so that nothing but the identity has to be kept, and the box keys of two
// groups do not tell that they are of one peer.
func boxKey(s Signer, id ID) *ecdh.PrivateKey { return boxFrom(s, id[:]) }

// foundingBox is that of the founder, who needs one before the group has an ID.
func foundingBox(s Signer, nonce [tokenLen]byte) *ecdh.PrivateKey { return boxFrom(s, nonce[:]) }

func boxFrom(s Signer, of []byte) *ecdh.PrivateKey {
	seed := sha256.Sum256(s.Sign(append([]byte(boxDomain), of...)))
	key, err := ecdh.X25519().NewPrivateKey(seed[:])
	if err != nil { // 32 bytes are always a key
		panic(err)
	}
	return key
}

// validBox tells whether a key can be sealed to: not to one of the few of low order, of which
// a rotation could never reach the owner.
func validBox(box [boxLen]byte) bool {
	pub, err := ecdh.X25519().NewPublicKey(box[:])
	if err != nil {
		return false
	}
	probe, err := ecdh.X25519().NewPrivateKey(make([]byte, keyLen))
	if err != nil {
		return false
	}
	_, err = probe.ECDH(pub)
	return err == nil
}

// seal closes a key for who has the private half of box.
func seal(id ID, box [boxLen]byte, key Key) ([sealedLen]byte, error) {
	pub, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(box[:])
	if err != nil {
		return [sealedLen]byte{}, fmt.Errorf("group: box key: %w", err)
	}
	out, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), append([]byte(sealDomain), id[:]...), key[:])
	if err != nil {
		return [sealedLen]byte{}, fmt.Errorf("group: seal a key: %w", err)
	}
	return [sealedLen]byte(out), nil
}

// open reads a key that was sealed for box.
func open(id ID, box *ecdh.PrivateKey, sealed [sealedLen]byte) (Key, bool) {
	key, err := hpke.NewDHKEMPrivateKey(box)
	if err != nil {
		return Key{}, false
	}
	out, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), append([]byte(sealDomain), id[:]...), sealed[:])
	if err != nil || len(out) != keyLen {
		return Key{}, false
	}
	return Key(out), true
}

// letterOverhead is how much longer a letter is that is sealed.
const letterOverhead = boxLen + 16

// sealLetter closes bytes for who has the private half of box.
func sealLetter(id ID, box [boxLen]byte, letter []byte) ([]byte, error) {
	pub, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(box[:])
	if err != nil {
		return nil, fmt.Errorf("group: box key: %w", err)
	}
	out, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), append([]byte(letterDomain), id[:]...), letter)
	if err != nil {
		return nil, fmt.Errorf("group: seal a letter: %w", err)
	}
	return out, nil
}

func openLetter(id ID, box *ecdh.PrivateKey, b []byte) ([]byte, bool) {
	key, err := hpke.NewDHKEMPrivateKey(box)
	if err != nil {
		return nil, false
	}
	out, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), append([]byte(letterDomain), id[:]...), b)
	return out, err == nil
}
