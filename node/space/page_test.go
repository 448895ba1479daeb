package space

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"filbert/transfer"
	"filbert/transfer/urn"
)

func listed(first byte, name string, size int64) Listed {
	return Listed{File: transfer.File{Name: name, Size: size, SHA1: urn.SHA1{first, 7}}}
}

// TestPage writes and reads pages, and refuses what no member writes.
func TestPage(t *testing.T) {
	rooted := listed(0xab, "b.txt", 1<<40)
	rooted.Blake3 = urn.Blake3{1, 2, 3}
	files := []Listed{rooted, listed(0xab, "ä.txt", 1), listed(0xab, "b.txt", 5)}
	files[2].File.SHA1[5] = 9
	written, left := appendPage(nil, slices.Clone(files), 1<<16)
	got, err := parsePage(0xab, written)
	if err != nil || left != 0 || len(got) != 3 || got[0] != rooted || got[1] != files[1] || got[2] != files[2] {
		t.Fatalf("read %+v, %d left, %v", got, left, err)
	}
	if twice, _ := appendPage(nil, append(slices.Clone(files), files...), 1<<16); !bytes.Equal(twice, written) {
		t.Error("a file is in the page twice")
	}
	if short, left := appendPage(nil, slices.Clone(files), len(written)-1); left != 1 || len(short) >= len(written) {
		t.Errorf("%d bytes, %d left", len(short), left)
	}
	odd := []Listed{listed(1, "", 1), listed(1, "x", 0), listed(1, strings.Repeat("x", 256), 1)}
	if none, left := appendPage(nil, odd, 1<<16); left != 3 || len(none) != 1 {
		t.Errorf("%d bytes, %d left", len(none), left)
	}
	if empty, err := parsePage(3, []byte{pageVersion}); err != nil || len(empty) != 0 {
		t.Errorf("an empty page: %v, %v", empty, err)
	}
	sum := hex.EncodeToString(files[1].File.SHA1[:])
	for name, text := range map[string]string{
		"nothing":          "",
		"a later version":  "02",
		"a part of a hash": "01ab07",
		"no flag":          "01" + sum,
		"an odd flag":      "01" + sum + "02" + "01" + "0178",
		"a part of a root": "01" + sum + "01" + "0101",
		"no root":          "01" + sum + "01" + strings.Repeat("00", 32) + "01" + "0178",
		"no size":          "01" + sum + "00",
		"size 0":           "01" + sum + "00" + "00" + "0178",
		"a long size 1":    "01" + sum + "00" + "8100" + "0178",
		"a huge size":      "01" + sum + "00" + "ffffffffffffffff7f" + "0178",
		"no name":          "01" + sum + "00" + "01",
		"an empty name":    "01" + sum + "00" + "01" + "00",
		"a part of a name": "01" + sum + "00" + "01" + "0278",
		"not UTF-8":        "01" + sum + "00" + "01" + "01ff",
		"twice":            "01" + sum + "00" + "01" + "0178" + sum + "00" + "01" + "0178",
		"out of order":     "01" + sum + "00" + "01" + "0179" + sum + "00" + "01" + "0178",
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parsePage(0xab, b); !errors.Is(err, errPage) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := parsePage(0xac, written); !errors.Is(err, errPage) {
		t.Errorf("on another page: %+v, %v", got, err)
	}
	if got, err := parsePage(0, append([]byte{pageVersion}, make([]byte, 24)...)); !errors.Is(err, errPage) {
		t.Errorf("without a hash: %+v, %v", got, err)
	}
}

// FuzzPage: what is read is what is written again, and holds no more than it has bytes for.
func FuzzPage(f *testing.F) {
	rooted := listed(0xab, "b.txt", 1<<40)
	rooted.Blake3 = urn.Blake3{1, 2, 3}
	seed, _ := appendPage(nil, []Listed{rooted, listed(0xab, "ä.txt", 1)}, 1<<16)
	f.Add(byte(0xab), seed)
	f.Add(byte(0), []byte{pageVersion})
	f.Fuzz(func(t *testing.T, first byte, b []byte) {
		files, err := parsePage(first, b)
		if err != nil {
			return
		}
		if len(files)*24 > len(b) {
			t.Fatalf("%d files in %d bytes", len(files), len(b))
		}
		if again, left := appendPage(nil, slices.Clone(files), len(b)); left != 0 || !bytes.Equal(again, b) {
			t.Fatalf("%x is written as %x, %d left", b, again, left)
		}
	})
}
