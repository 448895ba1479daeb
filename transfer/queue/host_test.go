package queue

import (
	"net/netip"
	"testing"
)

func TestHostOf(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"203.0.113.1", "::ffff:203.0.113.1", true},
		{"203.0.113.1", "203.0.113.2", false},
		{"2001:db8:0:ff00::1", "2001:db8:0:ffff::2", true},
		{"2001:db8:0:ff00::1", "2001:db8:0:fe00::1", false},
	} {
		if same := HostOf(netip.MustParseAddr(test.a)) == HostOf(netip.MustParseAddr(test.b)); same != test.same {
			t.Errorf("%s and %s are one host: %v", test.a, test.b, same)
		}
	}
	if HostOf(netip.Addr{}).IsValid() {
		t.Error("no address is a host")
	}
}
