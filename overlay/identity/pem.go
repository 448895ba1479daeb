package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// encode returns the key file of an identity.
func (id *Identity) encode() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(id.key)
	if err != nil {
		return nil, err
	}
	text := []byte(peerIDLine + id.PeerID().String() + "\n")
	return append(text, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})...), nil
}

// decode reads a key file. A file without the line that names the peer ID, such
// as one made by openssl, is taken as it is.
func decode(file []byte) (*Identity, error) {
	block, rest := pem.Decode(file)
	switch {
	case block == nil:
		return nil, errors.New("it holds no whole PEM block")
	case block.Type != pemType:
		return nil, fmt.Errorf("it holds a %q, not a %q", block.Type, pemType)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("something follows the key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("it holds a key that is not Ed25519")
	}
	id := &Identity{key}
	for line := range bytes.Lines(file) {
		if named, ok := bytes.CutPrefix(line, []byte(peerIDLine)); ok {
			if string(bytes.TrimSpace(named)) != id.PeerID().String() {
				return nil, errors.New("the key is not that of the peer ID above it")
			}
		}
	}
	return id, nil
}
