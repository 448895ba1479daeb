package wire

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"filbert/overlay/wire/ggep"
)

const sha1URN = "urn:sha1:EJMWGY5T3ZALA34YD64F3ARRF2GA5VIR" // of sha1Hello

func TestExtensions(t *testing.T) {
	block := string(ggep.Append(nil, ext(ggep.SecureOOB)))
	for _, c := range []struct {
		area string
		want []string // kind and bytes of each block
	}{
		{"", nil},
		{"\x00", nil}, // LimeWire ends a query so
		{"\x1c\x1c\x00", nil},
		{"urn:", []string{"1 urn:"}},
		{"URN:SHA1:X\x1c", []string{"1 URN:SHA1:X"}},
		{"urn:\x1c" + block, []string{"1 urn:", "2 " + block}},
		{sha1URN + block, []string{"1 " + sha1URN, "2 " + block}},
		{"urn:tree:tiger/:ABC\x1curn:bitprint:A.B", []string{"1 urn:tree:tiger/:ABC", "1 urn:bitprint:A.B"}},
		{"<xml urn:a\xc3/>\x1curn:x", []string{"3 <xml urn:a\xc3/>", "1 urn:x"}},
		{"{deflate}x\xda\x00urn:x", []string{"3 {deflate}x\xda", "1 urn:x"}},
		{block + "\x1c<x/>", []string{"2 " + block, "3 <x/>"}},
		{"44 kHz\x1c" + block, []string{"0 44 kHz", "2 " + block}},
		{"unknownurn:x", []string{"0 unknown", "1 urn:x"}},
		{"a<b<3", []string{"0 a", "3 <b<3"}},
		{"a<3" + block, []string{"0 a<3", "2 " + block}},
		{"\xc3\x00" + block, []string{"0 \xc3", "2 " + block}}, // malformed GGEP, then good
		{"\xc3\xc3", []string{"0 \xc3", "0 \xc3"}},
		{"ur", []string{"0 ur"}},
	} {
		var got []string
		for x := range Extensions([]byte(c.area)) {
			got = append(got, fmt.Sprintf("%d %s", x.Kind, x.Raw))
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q has %q, want %q", c.area, got, c.want)
		}
	}
}

func TestExtensionLimit(t *testing.T) {
	for _, n := range []int{MaxExtensions - 1, MaxExtensions, MaxExtensions + 1} {
		count := 0
		for range Extensions([]byte(strings.Repeat("x\x1c", n))) {
			count++
		}
		if count != min(n, MaxExtensions) {
			t.Errorf("%d of %d", count, n)
		}
	}
}

func TestAppendToArea(t *testing.T) {
	area := AppendSHA1(nil, [20]byte(unhex(sha1Hello)))
	if string(area) != sha1URN {
		t.Errorf("area %q", area)
	}
	area = AppendGGEP(AppendSHA1(area, [20]byte{}), LargeFile(5<<30))
	want := sha1URN + "\x1curn:sha1:" + strings.Repeat("A", 32) + "\x1c\xc3\xc2LF\x46\x01\x01\x01\x03\x40\x01"
	if string(area) != want {
		t.Errorf("area %q, want %q", area, want)
	}
	if got := AppendGGEP(area); !bytes.Equal(got, area) {
		t.Errorf("no extensions make %q", got[len(area):])
	}
	if e, ok := FindGGEP(area, ggep.LargeFile); !ok || !e.COBS {
		t.Errorf("LF is %+v %v", e, ok)
	}
	if _, ok := FindGGEP(area, ggep.Hash); ok {
		t.Error("H is found")
	}
}

func TestSHA1s(t *testing.T) {
	hash := unhex(sha1Hello)
	h := func(kind byte, data []byte) ggep.Extension { return ext(ggep.Hash, append([]byte{kind}, data...)...) }
	u := func(s string) ggep.Extension { return ext(ggep.URN, []byte(s)...) }
	base32 := strings.TrimPrefix(sha1URN, "urn:sha1:")
	deflated := ggep.NewDeflated(ggep.URN, []byte("sha1:"+strings.Repeat("A", 32)))
	for _, c := range []struct {
		name string
		area []byte
		want int // times hash is named
	}{
		{"empty", nil, 0},
		{"urn:sha1:", []byte(sha1URN), 1},
		{"lower case", []byte(strings.ToLower(sha1URN)), 1},
		{"upper case", []byte("URN:SHA1:" + base32), 1},
		{"bitprint", []byte("urn:bitprint:" + base32 + "." + strings.Repeat("A", 39)), 1},
		{"two", []byte(sha1URN + "\x1c" + sha1URN + "\x00"), 2},
		{"asking for URNs", []byte("urn:sha1:\x1curn:"), 0},
		{"short", []byte(sha1URN[:len(sha1URN)-1]), 0},
		{"long", []byte(sha1URN + "A"), 0},
		{"not base32", []byte("urn:sha1:1" + base32[1:]), 0},
		{"other scheme", []byte("urn:md5:" + base32), 0},
		{"no scheme", []byte("urn:" + base32), 0},
		{"H SHA-1", AppendGGEP(nil, h(hashSHA1, hash)), 1},
		{"H bitprint", AppendGGEP(nil, h(hashBitprint, append(bytes.Clone(hash), make([]byte, 24)...))), 1},
		{"H short", AppendGGEP(nil, h(hashSHA1, hash[:19])), 0},
		{"H MD5", AppendGGEP(nil, h(3, hash)), 0},
		{"H twice", AppendGGEP(nil, h(hashSHA1, hash), ext("TT"), h(hashSHA1, hash)), 2},
		{"u", AppendGGEP(nil, u("sha1:"+base32)), 1},
		{"u of another scheme", AppendGGEP(nil, u("ed2k:"+base32)), 0},
		{"deflated", AppendGGEP(nil, deflated), 0},
		{"all of them", AppendGGEP([]byte(sha1URN), u("sha1:"+base32), h(hashSHA1, hash)), 3},
	} {
		count := 0
		for sum := range SHA1s(c.area) {
			if !bytes.Equal(sum[:], hash) {
				t.Errorf("%s: %x", c.name, sum)
			}
			count++
		}
		if count != c.want {
			t.Errorf("%s: %d hashes, want %d", c.name, count, c.want)
		}
	}
	if !deflated.Deflated {
		t.Error("nothing was deflated")
	}
	for sum := range SHA1s([]byte("urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ")) { // of nothing
		if got := fmt.Sprintf("%x", sum); got != "da39a3ee5e6b4b0d3255bfef95601890afd80709" {
			t.Errorf("SHA-1 of nothing is %s", got)
		}
	}
}

// TestAreasAllocateNothing: looking into queries costs no memory.
func TestAreasAllocateNothing(t *testing.T) {
	area := AppendGGEP([]byte(sha1URN), ext(ggep.SecureOOB), ext(ggep.Hash, append([]byte{hashSHA1}, make([]byte, 20)...)...))
	if allocs := testing.AllocsPerRun(100, func() {
		count := 0
		for range Extensions(area) {
			count++
		}
		for range SHA1s(area) {
			count++
		}
		if _, ok := FindGGEP(area, ggep.SecureOOB); !ok || count < 3 {
			t.Error("something is missing")
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
