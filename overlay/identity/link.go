package identity

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// ErrNoProof: the other end of a TLS connection did not prove a peer ID.
var ErrNoProof = errors.New("it proved no peer ID")

// LinkTLS is the configuration, of either side, for links between two peers that prove
// their IDs to each other: TLS 1.3, each with a certificate of its own key. Who is proven
// tells Proven. The proof is that of TLS: a signature over all that both sides said in
// this handshake, so it is worth nothing on another connection.
func (id *Identity) LinkTLS() (*tls.Config, error) {
	c, err := id.ServeTLS()
	if err != nil {
		return nil, err
	}
	c.NextProtos = []string{linkProtocol}
	c.CurvePreferences = []tls.CurveID{tls.X25519}
	c.ClientAuth = tls.RequireAnyClientCert
	c.InsecureSkipVerify = true // VerifyConnection does it: names say nothing
	c.VerifyConnection = func(s tls.ConnectionState) error {
		_, err := shown(s, linkProtocol)
		return err
	}
	return c, nil
}

// LinkTLSTo is LinkTLS of who connects to one peer and shows itself to nobody else. The
// handshake fails with ErrWrongPeer otherwise.
func (id *Identity) LinkTLSTo(peer PeerID) (*tls.Config, error) {
	c, err := id.LinkTLS()
	if err != nil {
		return nil, err
	}
	c.VerifyConnection = func(s tls.ConnectionState) error { return meant(s, linkProtocol, peer) }
	return c, nil
}

// FilesTLS is the configuration of who gives files to peers that know its ID: TLS 1.3 with a
// certificate of its key. Who fetches may prove an ID too, and must prove one that it shows.
func (id *Identity) FilesTLS() (*tls.Config, error) {
	c, err := id.ServeTLS()
	if err != nil {
		return nil, err
	}
	c.NextProtos = []string{httpProtocol}
	c.CurvePreferences = []tls.CurveID{tls.X25519}
	c.ClientAuth = tls.RequestClientCert
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return nil
		}
		_, err := shown(s, httpProtocol)
		return err
	}
	return c, nil
}

// Fetcher is the ID that the other end of a connection has proven, which was made with
// FilesTLS; ok is false if it showed none.
func Fetcher(conn net.Conn) (peer PeerID, ok bool) {
	c, secured := conn.(interface{ ConnectionState() tls.ConnectionState })
	if !secured {
		return PeerID{}, false
	}
	peer, err := shown(c.ConnectionState(), httpProtocol)
	return peer, err == nil
}

// FetchTLS is the configuration of who fetches files from a peer: with nobody but it, and
// own proves who fetches unless it is nil. The handshake fails with ErrWrongPeer or
// ErrNoProof otherwise.
func FetchTLS(peer PeerID, own *Identity) (*tls.Config, error) {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{httpProtocol},
		CurvePreferences:   []tls.CurveID{tls.X25519},
		InsecureSkipVerify: true, // VerifyConnection does it: names say nothing
		VerifyConnection:   func(s tls.ConnectionState) error { return meant(s, httpProtocol, peer) },
	}
	if own != nil {
		serve, err := own.ServeTLS()
		if err != nil {
			return nil, err
		}
		c.Certificates = serve.Certificates
	}
	return c, nil
}

// meant reports who is there instead of a peer.
func meant(s tls.ConnectionState, protocol string, peer PeerID) error {
	id, err := shown(s, protocol)
	if err == nil && id != peer {
		err = fmt.Errorf("identity: %w, not %v", ErrWrongPeer, peer)
	}
	return err
}

// Proven is the ID that the other end of a connection has proven, which was made with
// LinkTLS. The error wraps ErrNoProof.
func Proven(conn net.Conn) (PeerID, error) {
	c, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
	if !ok {
		return PeerID{}, fmt.Errorf("identity: %w: no TLS", ErrNoProof)
	}
	return shown(c.ConnectionState(), linkProtocol)
}

// shown is the ID whose certificate was shown, in a handshake that is over or about to be:
// TLS verified that it was made with the key.
func shown(s tls.ConnectionState, protocol string) (PeerID, error) {
	no := func(why string) (PeerID, error) { return PeerID{}, fmt.Errorf("identity: %w: %s", ErrNoProof, why) }
	switch {
	case s.Version < tls.VersionTLS13:
		return no("TLS older than 1.3")
	case s.NegotiatedProtocol != protocol:
		return no("TLS for another purpose")
	case len(s.PeerCertificates) == 0:
		return no("no certificate")
	}
	cert := s.PeerCertificates[0]
	key, ok := cert.PublicKey.(ed25519.PublicKey)
	if !ok {
		return no("a certificate that is not of an Ed25519 key")
	}
	if now := time.Now(); now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return no(fmt.Sprintf("a certificate that is good from %s to %s", cert.NotBefore.Format(time.DateOnly), cert.NotAfter.Format(time.DateOnly)))
	}
	return PeerID(key), nil
}
