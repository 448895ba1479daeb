package wire

import (
	"testing"

	"filbert/overlay/wire/ggep"
)

// TestRoots writes and reads the roots of hash trees of a record.
func TestRoots(t *testing.T) {
	both := Roots{Tiger: [tigerLen]byte{1, 0, 2}, Blake3: [blake3Len]byte{3, 0, 4}}
	for _, want := range []Roots{{}, {Tiger: both.Tiger}, {Blake3: both.Blake3}, both} {
		area := AppendGGEP(AppendSHA1(nil, [sha1Len]byte{1}), want.Append(nil)...)
		if got := ReadRoots(area); got != want {
			t.Errorf("got %x, want %x", got, want)
		}
	}

	// The bitprint of "abc" (transfer.md), and what looks like one.
	const sha1, tiger = "VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5", "ASD4UJSEH5M47PDYB46KBTSQTSGDKLBHYXOMUIA"
	abc := Roots{Tiger: [tigerLen]byte{
		0x04, 0x87, 0xca, 0x26, 0x44, 0x3f, 0x59, 0xcf, 0xbc, 0x78, 0x0f, 0x3c, 0xa0, 0xce, 0x50, 0x9c, 0x8c, 0x35, 0x2c, 0x27, 0xc5, 0xdc, 0xca, 0x20,
	}}
	bitprint := append(append([]byte{hashBitprint}, make([]byte, sha1Len)...), abc.Tiger[:]...)
	for _, test := range []struct {
		area string
		want Roots
	}{
		{"urn:bitprint:" + sha1 + "." + tiger, abc},
		{"URN:BitPrint:" + sha1 + ".asd4ujseh5m47pdyb46kbtsqtsgdklbhyxomuia", abc},
		{string(AppendGGEP(nil, ggep.Extension{ID: ggep.URN, Data: []byte("bitprint:" + sha1 + "." + tiger)})), abc},
		{string(AppendGGEP(nil, ggep.Extension{ID: ggep.Hash, Data: bitprint})), abc},
		{string(AppendGGEP(nil, ggep.Extension{ID: ggep.Hash, Data: bitprint[:44]})), Roots{}},
		{"urn:bitprint:" + sha1 + "." + tiger[1:], Roots{}},
		{"urn:bitprint:" + sha1, Roots{}},
		{"urn:sha1:" + sha1 + "." + tiger, Roots{}},
		{string(AppendGGEP(nil, ggep.Extension{ID: ggep.TigerRoot, Data: abc.Tiger[1:]})), Roots{}},
	} {
		if got := ReadRoots([]byte(test.area)); got != test.want {
			t.Errorf("%q: got %x, want %x", test.area, got, test.want)
		}
	}
}
