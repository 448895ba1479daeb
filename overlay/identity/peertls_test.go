package identity

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"net"
	"testing"
)

// TestPeerTLS: who dials gets the peer it means, or nobody.
func TestPeerTLS(t *testing.T) {
	anna, boris := newIdentity(t, 1), newIdentity(t, 2)
	serve, err := anna.ServeTLS()
	if err != nil {
		t.Fatal(err)
	}
	old, err := anna.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		serve *tls.Config
		means PeerID
		want  error
	}{
		{"anna", serve, anna.PeerID(), nil},
		{"anna in place of boris", serve, boris.PeerID(), ErrWrongPeer},
		{"her other certificate", &tls.Config{Certificates: []tls.Certificate{old}}, anna.PeerID(), ErrWrongPeer},
	} {
		t.Run(test.name, func(t *testing.T) {
			here, there := net.Pipe()
			defer here.Close()
			answered := make(chan error, 1)
			go func() {
				defer there.Close()
				answered <- tls.Server(there, test.serve).Handshake()
			}()
			err := tls.Client(here, DialTLS(test.means)).Handshake()
			here.Close()
			if served := <-answered; !errors.Is(err, test.want) || (served == nil) != (test.want == nil) {
				t.Errorf("who dials: %v, want %v; who answers: %v", err, test.want, served)
			}
		})
	}
	if !ed25519.Verify(ed25519.PublicKey(pub(anna)), []byte("words"), anna.Sign([]byte("words"))) {
		t.Error("her signature does not verify")
	}
}

func pub(id *Identity) []byte { p := id.PeerID(); return p[:] }
