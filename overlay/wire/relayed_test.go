package wire

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"

	"filbert/overlay/wire/ggep"
)

// TestRelayed tells relays of both families and reads them again.
func TestRelayed(t *testing.T) {
	four, six := addr("198.51.100.7:6346"), addr("[2001:db8::7]:6347")
	key := [32]byte{1, 2, 3, 31: 32}
	for name, test := range map[string]struct {
		at   []netip.AddrPort
		want []netip.AddrPort
		data []byte // behind the key
	}{
		"none":     {nil, nil, []byte{0}},
		"IPv4":     {[]netip.AddrPort{four}, []netip.AddrPort{four}, unhex("01c6336407ca18")},
		"IPv6":     {[]netip.AddrPort{six}, []netip.AddrPort{six}, unhex("0020010db8000000000000000000000007cb18")},
		"both":     {[]netip.AddrPort{six, four}, []netip.AddrPort{four, six}, unhex("01c6336407ca1820010db8000000000000000000000007cb18")},
		"too many": {[]netip.AddrPort{four, four, four, four, six}, []netip.AddrPort{four, four, four, four}, unhex("04c6336407ca18c6336407ca18c6336407ca18c6336407ca18")},
	} {
		told := Relayed{key, test.at}
		ext, ok := told.Extension()
		if ok != (len(test.at) > 0) || ext.ID != "FR" || !bytes.Equal(ext.Data, append(key[:], test.data...)) {
			t.Errorf("%s: %v, %s %x", name, ok, ext.ID, ext.Data)
		}
		trailer := NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitPush, ext)
		want := Relayed{}
		if test.want != nil {
			want = Relayed{key, test.want}
		}
		if got := trailer.Relayed(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %+v, want %+v", name, got, want)
		}
		if got := trailer.Punched(); got.At != nil {
			t.Errorf("%s: relays are read as push proxies: %+v", name, got)
		}
		ext, ok = told.PunchExtension()
		if ok != (len(test.at) > 0) || ext.ID != "FP" || !bytes.Equal(ext.Data, append(key[:], test.data...)) {
			t.Errorf("%s: %v, %s %x", name, ok, ext.ID, ext.Data)
		}
		trailer = NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitPush, ext)
		if got := trailer.Punched(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: push proxies %+v, want %+v", name, got, want)
		}
	}
}

// TestRelayedMalformed reads nothing from what is not as it must be.
func TestRelayedMalformed(t *testing.T) {
	key := make([]byte, 32)
	for name, data := range map[string][]byte{
		"empty":             nil,
		"a key alone":       key,
		"half an address":   append(bytes.Clone(key), unhex("01c63364")...),
		"more than told":    append(bytes.Clone(key), unhex("01c6336407ca18aa")...),
		"fewer than told":   append(bytes.Clone(key), unhex("02c6336407ca18")...),
		"five":              append(append(bytes.Clone(key), 5), bytes.Repeat(unhex("c6336407ca18"), 5)...),
		"no port":           append(bytes.Clone(key), unhex("01c63364070000")...),
		"IPv4 in IPv6":      append(bytes.Clone(key), unhex("0000000000000000000000ffffc6336407ca18")...),
		"256 of six though": append(append(bytes.Clone(key), 255), bytes.Repeat(unhex("c6336407ca18"), 255)...),
	} {
		trailer := NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitPush, ggep.Extension{ID: ggep.Relayed, Data: data})
		if got := trailer.Relayed(); got.At != nil || got.Peer != [32]byte{} {
			t.Errorf("%s: read %+v", name, got)
		}
	}
}
