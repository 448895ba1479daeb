package wire

import (
	"bytes"
	"testing"

	"filbert/overlay/wire/ggep"
)

// TestTrailerFlags: the push bit is told the other way round than the rest.
func TestTrailerFlags(t *testing.T) {
	for _, c := range []struct {
		a, b byte
		has  HitFlags
		not  HitFlags // known to be false
	}{
		{0x1c, 0x01, 0, HitPush | HitBusy | HitUploaded | HitMeasured},
		{0x1c, 0x09, HitUploaded, HitPush | HitBusy | HitMeasured},
		{0x3d, 0x25, HitPush | HitBusy | HitGGEP, HitUploaded | HitMeasured},
		{0x1d, 0x00, 0, HitBusy | HitUploaded | HitMeasured}, // push is set but not meaningful
		{0x00, 0x3c, 0, 0}, // nothing is meaningful
	} {
		raw := []byte{'T', 'E', 'S', 'T', 2, c.a, c.b}
		trailer := parseTrailer(raw)
		if has := trailer.Known & trailer.Set; has != c.has || !trailer.Has(c.has) {
			t.Errorf("%02x %02x has %02x, want %02x", c.a, c.b, has, c.has)
		}
		if not := trailer.Known &^ trailer.Set; not != c.not {
			t.Errorf("%02x %02x denies %02x, want %02x", c.a, c.b, not, c.not)
		}
		if got := trailer.appendTo(nil); !bytes.Equal(got, raw) {
			t.Errorf("%x encodes to %x", raw, got)
		}
	}
}

// TestTrailersAreKept: whatever stands there is sent on as it was.
func TestTrailersAreKept(t *testing.T) {
	for _, c := range []struct {
		name, raw  string
		vendor     string
		open, rest string
	}{
		{"none", "", "0000", "", ""},
		{"too short", "TEST\x02\x1c", "0000", "", "TEST\x02\x1c"},
		{"bad vendor", "TES!\x02\x1c\x09", "0000", "", "TES!\x02\x1c\x09"},
		{"open size 1", "TEST\x01\x1c\x09", "0000", "", "TEST\x01\x1c\x09"},
		{"open size beyond the end", "TEST\x04\x1c\x09\x00", "0000", "", "TEST\x04\x1c\x09\x00"},
		{"plain", "LIME\x02\x1c\x09", "LIME", "", ""},
		{"XML", "LIME\x04\x3c\x29\x05\x00{}<x\x00", "LIME", "\x05\x00", "{}<x\x00"},
		{"more open data", "RAZA\x07\x1c\x09abcdeprivate", "RAZA", "abcde", "private"},
	} {
		trailer := parseTrailer([]byte(c.raw))
		if trailer.Vendor.String() != c.vendor || string(trailer.Open) != c.open || string(trailer.Rest) != c.rest {
			t.Errorf("%s: %+v", c.name, trailer)
		}
		if got := trailer.appendTo(nil); string(got) != c.raw {
			t.Errorf("%s: %q encodes to %q", c.name, c.raw, got)
		}
	}
}

func TestTrailerGGEP(t *testing.T) {
	block := ggep.Append(nil, ext(ggep.Browse))
	known := Trailer{Vendor: VendorCode{'L', 'I', 'M', 'E'}, Known: HitGGEP, Set: HitGGEP}
	for _, c := range []struct {
		name   string
		flags  HitFlags
		rest   []byte
		exts   int
		failed bool
	}{
		{"at once", HitGGEP, block, 1, false},
		{"behind LimeWire's chat byte", HitGGEP, append([]byte{1}, block...), 1, false},
		{"in front of XML", HitGGEP, append(bytes.Clone(block), "<xml/>\x00"...), 1, false},
		{"not told of", 0, block, 0, false},
		{"not there", HitGGEP, nil, 0, true},
		{"malformed", HitGGEP, []byte{ggep.Magic}, 0, true},
	} {
		trailer := known
		trailer.Set, trailer.Rest = c.flags, c.rest
		if exts, err := trailer.GGEP(); len(exts) != c.exts || (err != nil) != c.failed {
			t.Errorf("%s: %d extensions, error %v", c.name, len(exts), err)
		}
	}
}
