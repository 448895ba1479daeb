package relay

import (
	"crypto/tls"
	"errors"
	"net"
)

// Errors of the ends.
var (
	// ErrNotPinned: the tls.Config would take any peer for the one that is meant.
	ErrNotPinned = errors.New("relay: the TLS configuration verifies nobody")
	// ErrChained: the connection to the relay passes a relay itself.
	ErrChained = errors.New("relay: no relaying over a relay")
	// ErrSelf: we are the peer that is to be reached.
	ErrSelf = errors.New("relay: the peer is this one")
	// ErrSpent: the circuit carried, or lasted, all it may. A new one may go on.
	ErrSpent = errors.New("relay: the circuit is used up")
	// ErrCut: the circuit ended, and the peer had not said that it was through.
	ErrCut = errors.New("relay: the circuit was cut")
	// ErrLost: the relay is silent, or the connection to it was lost.
	ErrLost = errors.New("relay: the relay is lost")
)

// secured is the configuration for one end of a circuit: TLS 1.3, and whoever dials
// knows whom it wants.
func secured(config *tls.Config, dials bool) (*tls.Config, error) {
	if config == nil {
		return nil, ErrNotPinned
	}
	verifies := config.VerifyConnection != nil || config.VerifyPeerCertificate != nil
	if dials && !verifies && (config.InsecureSkipVerify || config.ServerName == "") {
		return nil, ErrNotPinned
	}
	config = config.Clone()
	config.MinVersion = tls.VersionTLS13
	return config, nil
}

// IsRelayed reports whether a connection comes over a relay, inside TLS or not. It looks
// into what has a NetConn method, as tls.Conn.
func IsRelayed(conn net.Conn) bool {
	for conn != nil {
		if _, ok := conn.(*stream); ok {
			return true
		}
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return false
		}
		conn = inner.NetConn()
	}
	return false
}
