package identity

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// ErrWrongPeer: the other end of a TLS connection is not the peer that was meant.
var ErrWrongPeer = errors.New("it is another peer")

// Sign signs a message with the key of the identity (RFC 8032). Every message begins
// with words that no other use of the key has.
func (id *Identity) Sign(message []byte) []byte { return ed25519.Sign(id.key, message) }

// Signed reports whether a signature over a message is one that the peer made.
func (p PeerID) Signed(message, signature []byte) bool {
	return ed25519.Verify(p[:], message, signature)
}

// ServeTLS is the configuration of who is connected to by peers that know its ID: TLS
// 1.3 with a certificate of the identity's own key, which proves the ID by itself. The
// certificate of Certificate is for servents that do not take Ed25519, and proves no ID.
// Who connects stays unknown.
func (id *Identity) ServeTLS() (*tls.Config, error) {
	template := id.template()
	der, err := x509.CreateCertificate(nil, template, template, id.key.Public(), id.key)
	if err != nil {
		return nil, fmt.Errorf("identity: certificate: %w", err)
	}
	return &tls.Config{
		Certificates:           []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: id.key}},
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
	}, nil
}

// DialTLS is the configuration of who connects to a peer: TLS 1.3, with nobody but it.
// The handshake fails with ErrWrongPeer otherwise.
func DialTLS(peer PeerID) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // VerifyConnection does it: names and dates say nothing
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) > 0 {
				if key, ok := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey); ok && PeerID(key) == peer {
					return nil
				}
			}
			return fmt.Errorf("identity: %w, not %v", ErrWrongPeer, peer)
		},
	}
}
