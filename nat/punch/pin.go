package punch

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/quic-go/quic-go"
)

// Fingerprint is the SHA-256 of a public key as certificates carry it.
type Fingerprint [32]byte

// errKey is that of a peer with another key than the messages named.
var errKey = errors.New("punch: the peer has another key")

// FingerprintOf is that of the first certificate a configuration shows.
func FingerprintOf(cfg *tls.Config) (f Fingerprint, err error) {
	if cfg == nil || len(cfg.Certificates) == 0 || len(cfg.Certificates[0].Certificate) == 0 {
		return f, errors.New("punch: no certificate")
	}
	cert, err := x509.ParseCertificate(cfg.Certificates[0].Certificate[0])
	if err != nil {
		return f, fmt.Errorf("punch: parse own certificate: %w", err)
	}
	return fingerprint(cert), nil
}

func fingerprint(cert *x509.Certificate) Fingerprint {
	return sha256.Sum256(cert.RawSubjectPublicKeyInfo)
}

// pin makes a configuration of the caller one that takes nobody but who has a key
// that ok accepts. TLS proves that the peer has it; names and dates of certificates
// that peers made themselves say nothing.
func pin(cfg *tls.Config, ok func(Fingerprint) bool) *tls.Config {
	cfg = cfg.Clone()
	cfg.NextProtos = []string{ALPN}
	cfg.MinVersion = tls.VersionTLS13
	cfg.ClientAuth = tls.RequireAnyClientCert
	cfg.InsecureSkipVerify = true // VerifyConnection does it
	cfg.SessionTicketsDisabled = true
	cfg.ClientSessionCache = nil
	cfg.GetConfigForClient = nil // would be asked instead of this one
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 || !ok(fingerprint(s.PeerCertificates[0])) {
			return errKey
		}
		return nil
	}
	return cfg
}

// quicConfig is that of every connection.
func quicConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout:           handshakeTime,
		MaxIdleTimeout:                 idleTime,
		KeepAlivePeriod:                keepAlive,
		InitialPacketSize:              packetSize,
		InitialStreamReceiveWindow:     streamWindow,
		MaxStreamReceiveWindow:         streamWindow,
		InitialConnectionReceiveWindow: connWindow,
		MaxConnectionReceiveWindow:     connWindow,
		MaxIncomingStreams:             maxStreams,
		MaxIncomingUniStreams:          1, // the word that the responder took us
	}
}
