package punch

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"

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

// inTurn has the handshakes of those who connect compute in turn: from the hello to the
// signature. What follows, after a round trip, is for peers that are expected.
func (p *Puncher) inTurn(cfg *tls.Config) *tls.Config {
	if p.cfg.Turn == nil {
		return cfg
	}
	outer := cfg.Clone()
	outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		ctx, cancel := context.WithTimeout(hello.Context(), handshakeTime)
		defer cancel()
		end, err := p.cfg.Turn(ctx)
		if err != nil {
			return nil, fmt.Errorf("punch: %w", err)
		}
		context.AfterFunc(hello.Context(), end) // it may fail before
		one := cfg.Clone()
		one.Certificates = slices.Clone(one.Certificates)
		if key, ok := one.Certificates[0].PrivateKey.(crypto.Signer); ok {
			one.Certificates[0].PrivateKey = &lastStep{key, end}
		}
		return one, nil
	}
	return outer
}

// lastStep is a key with which the first flight of a handshake is over.
type lastStep struct {
	crypto.Signer
	end func()
}

// Sign implements crypto.Signer.
func (s *lastStep) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	defer s.end()
	return s.Signer.Sign(random, digest, opts)
}

// quicConfig is that of every connection.
func quicConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout:           handshakeTime,
		MaxIdleTimeout:                 idleTime,
		KeepAlivePeriod:                KeepAlive,
		InitialPacketSize:              packetSize,
		InitialStreamReceiveWindow:     streamWindow,
		MaxStreamReceiveWindow:         streamWindow,
		InitialConnectionReceiveWindow: connWindow,
		MaxConnectionReceiveWindow:     connWindow,
		MaxIncomingStreams:             maxStreams,
		MaxIncomingUniStreams:          1, // the word that the responder took us
	}
}
