package wire

import (
	"testing"
)

func TestQueryFlagsNormal(t *testing.T) {
	for word, want := range map[QueryFlags]QueryFlags{
		0x0000: 0x0000, // ancient
		0x8000: 0x8000,
		0x9800: 0x9800,
		0xbd00: 0xbd00,
		0x80ff: 0x80ff,
		0x0098: 0x9800, // bytes swapped, as Shareaza did
		0x00f8: 0xf800,
		0x0a9c: 0x9c0a,
		0x0090: 0x8000, // swapped it lacks the hash bit
		0x0088: 0x8000,
		0x001c: 0x8000, // 28 kbit/s
		0x7fff: 0xff7f,
	} {
		if got := word.Normal(); got != want {
			t.Errorf("%04x is %04x, want %04x", uint16(word), uint16(got), uint16(want))
		}
	}
}

func TestQueryText(t *testing.T) {
	payload := []byte("\x98\x00bl\xc3\xbc\x00urn:\x00")
	flags, text, ext, err := QueryText(payload)
	if flags != 0x9800 || string(text) != "blü" || string(ext) != "urn:\x00" || err != nil {
		t.Errorf("%04x %q %q, error %v", uint16(flags), text, ext, err)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if _, text, _, _ := QueryText(payload); len(text) != 4 {
			t.Error("text is gone")
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
