package handshake

import (
	"net/netip"
	"strings"
	"testing"
)

// TestFeatureOrder keeps what matters off the first place of X-Features:
// gtk-gnutella 1.2.3 does not find a feature there.
func TestFeatureOrder(t *testing.T) {
	h := Offer{Agent: "filbert/test"}.headers(netip.Addr{}, nil)
	first, rest, _ := strings.Cut(h.Get("X-Features"), ", ")
	if strings.HasPrefix(first, "HSEP/") || !strings.Contains(rest, "HSEP/0.2") {
		t.Errorf("X-Features: %s", h.Get("X-Features"))
	}
}
