package handshake

import (
	"strings"
	"testing"
)

// TestFeatureOrder keeps what matters off the first place of X-Features:
// gtk-gnutella 1.2.3 does not find a feature there.
func TestFeatureOrder(t *testing.T) {
	all := Offer{Protocols: AllProtocols()}
	plain := all
	plain.Protocols.Browse = Version{}
	for _, o := range []Offer{all, plain} {
		list := o.features(true)
		_, rest, _ := strings.Cut(list, ", ")
		if !strings.Contains(rest, "HSEP/0.2") || !strings.Contains(rest, "tls/1.0") {
			t.Errorf("X-Features: %s", list)
		}
	}
}
