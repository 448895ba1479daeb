package node

import (
	"net/netip"
	"testing"

	"filbert/overlay"
)

// TestListensAt believes no neighbor that names the address of somebody else.
func TestListensAt(t *testing.T) {
	for _, test := range []struct {
		name         string
		addr, listen string
		want         bool
	}{
		{"who called from another port", "198.51.100.7:50123", "198.51.100.7:6346", true},
		{"whom we called", "198.51.100.7:6346", "198.51.100.7:6346", true},
		{"who names another", "198.51.100.7:50123", "198.51.100.8:6346", false},
		{"who names another family", "198.51.100.7:50123", "[2001:db8::7]:6346", false},
	} {
		n := overlay.Neighbor{Addr: netip.MustParseAddrPort(test.addr), Listen: netip.MustParseAddrPort(test.listen)}
		if at, ok := listensAt(&n); ok != test.want || ok && at != n.Listen {
			t.Errorf("%s: %v, %v", test.name, at, ok)
		}
	}
	if _, ok := listensAt(&overlay.Neighbor{Addr: netip.MustParseAddrPort("198.51.100.7:50123")}); ok {
		t.Error("who does not say is believed")
	}
}
