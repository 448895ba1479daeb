package wire

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"testing"

	"filbert/overlay/wire/ggep"
)

// TestAlternates writes and reads other sources of a record.
func TestAlternates(t *testing.T) {
	var many []netip.AddrPort
	for i := range 20 {
		many = append(many, netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), 6346))
	}
	both := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.17:6346"), netip.MustParseAddrPort("[2001:db8::5]:7"), netip.MustParseAddrPort("198.51.100.7:1")}
	for _, test := range []struct {
		name     string
		at, want []netip.AddrPort
	}{
		{"none", nil, nil},
		{"both families", both, []netip.AddrPort{both[0], both[2], both[1]}},
		{"the first of many", many, many[:MaxAlternates]},
	} {
		area := AppendGGEP(AppendSHA1(nil, [20]byte{1}), Alternates(test.at)...)
		var got []netip.AddrPort
		for _, h := range ReadAlternates(area) {
			got = append(got, h.Addr)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}

	// Zeroes are taken out by COBS: two IPv4 addresses, then one IPv6 address.
	area := AppendGGEP(nil, Alternates(both)...)
	if got, want := hex.EncodeToString(area), "c3"+"43414c544d"+"02c00a0211ca18c63364070101"+"c4414c543653"+"0520010db80101010101010101010103050701"; got != want {
		t.Errorf("written as %s, want %s", got, want)
	}
	list := func(n int) []byte { return make([]byte, packed4*n) }
	for n, want := range map[int]int{1: 1, MaxAlternates: MaxAlternates, spamAlternates: spamAlternates, spamAlternates + 1: 0, 60: 0} {
		if got := len(ReadAlternates(AppendGGEP(nil, ggep.Extension{ID: ggep.Alternate, Data: list(n)}))); got != want {
			t.Errorf("of %d addresses %d were read, want %d", n, got, want)
		}
	}
	if got := ReadAlternates(AppendGGEP(nil, ggep.Extension{ID: ggep.Alternate, Data: list(2)[1:]})); got != nil {
		t.Errorf("a malformed list gave %v", got)
	}
	tls := AppendGGEP(nil, ggep.Extension{ID: ggep.Alternate, Data: list(3)}, ggep.Extension{ID: ggep.AlternateTLS, Data: []byte{0x40}})
	if got := ReadAlternates(tls); len(got) != 3 || got[0].TLS || !got[1].TLS || got[2].TLS {
		t.Errorf("the bitmap was read as %v", got)
	}
}

func FuzzAlternates(f *testing.F) {
	f.Add(AppendGGEP(nil, Alternates([]netip.AddrPort{netip.MustParseAddrPort("192.0.2.17:6346"), netip.MustParseAddrPort("[2001:db8::5]:7")})...))
	f.Fuzz(func(t *testing.T, area []byte) {
		hosts := ReadAlternates(area)
		if len(hosts) > spamAlternates {
			t.Fatalf("%d were read", len(hosts))
		}
		var at []netip.AddrPort
		for _, h := range hosts {
			at = append(at, h.Addr)
		}
		if again := ReadAlternates(AppendGGEP(nil, Alternates(at)...)); len(again) != min(len(at), MaxAlternates) {
			t.Fatalf("%v was read again as %v", at, again)
		}
	})
}
