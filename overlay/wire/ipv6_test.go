package wire

import (
	"bytes"
	"net/netip"
	"testing"

	"filbert/overlay/wire/ggep"
)

var servent6 = netip.MustParseAddrPort("[2001:db8::7]:6346")

// TestIPv6AddressOfMessages reads and writes hosts that have no IPv4 address.
func TestIPv6AddressOfMessages(t *testing.T) {
	pong := NewPong(servent6, 3, 8, HostInfo{Ultrapeer: true})
	b := pong.AppendTo(nil)
	if !bytes.Equal(b[2:6], []byte{127, 0, 0, 0}) {
		t.Errorf("the IPv4 field of a pong is %v", b[2:6])
	}
	m, err := Parse(TypePong, b)
	if got, ok := m.(*Pong); err != nil || !ok || got.Addr != servent6 || !got.Info().Ultrapeer || got.Info().IPv6 != servent6.Addr() {
		t.Errorf("pong %+v, %v", m, err)
	}
	hit := &QueryHit{
		Addr: servent6, Records: []Record{{Name: "f"}}, Servent: GUID{1},
		Trailer: NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, 0, IPv6(servent6.Addr())),
	}
	for _, test := range []struct {
		addr, want netip.AddrPort
	}{
		{servent6, servent6},
		{netip.MustParseAddrPort("127.0.0.0:6346"), servent6},
		{netip.MustParseAddrPort("192.0.2.7:6346"), netip.MustParseAddrPort("192.0.2.7:6346")},
	} {
		hit.Addr = test.addr
		b := hit.AppendTo(nil)
		m, err := Parse(TypeQueryHit, b)
		got, ok := m.(*QueryHit)
		if err != nil || !ok || got.Addr != test.want || got.IPv6() != servent6.Addr() || !bytes.Equal(got.AppendTo(nil), b) {
			t.Errorf("hit of %v: %+v, %v", test.addr, m, err)
		}
	}
	hit.Trailer = NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, 0)
	if hit.IPv6().IsValid() {
		t.Error("a trailer without extensions tells an IPv6 address")
	}
	for _, data := range [][]byte{nil, make([]byte, 15), append(make([]byte, 10), 0xff, 0xff, 1, 2, 3, 4)} {
		ext := ggep.AppendPlain(nil, ggep.Extension{ID: ggep.IPv6, Data: data})
		if got := tell6(netip.AddrPortFrom(no4, 1), ext); got.Addr() != no4 {
			t.Errorf("%x was taken for %v", data, got)
		}
	}
}

// TestMove changes where a pong says its host is, and nothing else.
func TestMove(t *testing.T) {
	pong := NewPong(netip.MustParseAddrPort("192.0.2.7:1"), 3, 8, HostInfo{Ultrapeer: true, Leaves: 5})
	pong.Move(servent6)
	m, err := Parse(TypePong, pong.AppendTo(nil))
	got, ok := m.(*Pong)
	if err != nil || !ok || got.Addr != servent6 || got.Files != 3 || got.KiB != 8 || got.Info().Leaves != 5 {
		t.Errorf("moved to %+v, %v", m, err)
	}
}

// TestAddGGEP adds to areas with and without a block.
func TestAddGGEP(t *testing.T) {
	one := func(id string, data ...byte) ggep.Extension { return ggep.Extension{ID: id, Data: data} }
	for _, test := range []struct {
		name, area, want string
	}{
		{"nothing", "", "\xc3\x82I6\x41\x01"},
		{"a URN", "urn:sha1:X", "urn:sha1:X\x1c\xc3\x82I6\x41\x01"},
		{"a block", "\xc3\x81M\x41\x04", "\xc3\x01M\x41\x04\x82I6\x41\x01"},
		{"a URN and a block", "urn:sha1:X\x1c\xc3\x81M\x41\x04", "urn:sha1:X\x1c\xc3\x01M\x41\x04\x82I6\x41\x01"},
		{"the same already", "\xc3\x82I6\x40", "\xc3\x82I6\x41\x01"},
	} {
		if got := AddGGEP([]byte(test.area), one(ggep.WantIPv6, 1)); string(got) != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := AddGGEP(nil, WantIPv6(true)); string(got) != "\xc3\x82I6\x41\x01" {
		t.Errorf("%q", got)
	}
	if got := AddGGEP(nil, WantIPv6(false)); string(got) != "\xc3\x82I6\x40" {
		t.Errorf("%q", got)
	}
}
