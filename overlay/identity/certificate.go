package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// Certificate is the self-signed certificate that the servent shows in TLS. Its
// key is a P-256 key derived from the identity, since not every TLS library takes
// Ed25519; so the certificate is the same after every start and nothing more has
// to be kept. Nobody verifies it, and it tells nothing about its owner: no host
// name, no time of making.
func (id *Identity) Certificate() (tls.Certificate, error) {
	key, err := id.tlsKey()
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("identity: key for TLS: %w", err)
	}
	template := id.template()
	// Without a source of randomness the signature is that of RFC 6979.
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("identity: certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// template is what all certificates of the identity have in common.
func (id *Identity) template() *x509.Certificate {
	serial := digest(serialDomain, id.PeerID())
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:serialLen]),
		Subject:      pkix.Name{CommonName: certificateName},
		NotBefore:    time.Date(certificateFrom, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(certificateTo, time.January, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// tlsKey derives the key: of the first of a few numbers that is one of P-256.
func (id *Identity) tlsKey() (key *ecdsa.PrivateKey, err error) {
	for try := range byte(keyTries) {
		var scalar []byte
		if scalar, err = hkdf.Key(sha256.New, id.key.Seed(), []byte{try}, keyDomain, sha256.Size); err != nil {
			return nil, err
		}
		if key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar); err == nil {
			return key, nil
		}
	}
	return nil, err
}
