package query

import (
	"net/netip"
	"testing"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// TestVouchedStays: what a peer vouched for is not moved elsewhere by a hit that anybody may
// have sent in its name.
func TestVouchedStays(t *testing.T) {
	at := func(addr string, vouched bool) Hit {
		return Hit{
			File:   transfer.File{Name: "a", Size: 1, SHA1: urn.SHA1{1}},
			Source: transfer.Source{Addr: netip.MustParseAddrPort(addr), Servent: [16]byte{7}, Vouched: vouched},
		}
	}
	rs := NewResults()
	for i, step := range []struct {
		hit  Hit
		want string
	}{
		{at("192.0.2.1:1", false), "192.0.2.1:1"},
		{at("192.0.2.2:1", false), "192.0.2.2:1"},
		{at("192.0.2.3:1", true), "192.0.2.3:1"},
		{at("192.0.2.4:1", false), "192.0.2.3:1"},
		{at("192.0.2.5:1", true), "192.0.2.5:1"},
	} {
		r := rs.Add(step.hit)
		if len(r.Sources) != 1 || r.Sources[0].Addr.String() != step.want {
			t.Errorf("after hit %d: %v, want %s", i, r.Sources, step.want)
		}
	}
}
