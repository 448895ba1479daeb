package space

import (
	"bytes"
	"slices"
	"testing"

	"filbert/transfer/urn"
)

// TestParseArriving: what is no whole hash, and what is too much, is not taken.
func TestParseArriving(t *testing.T) {
	one, two := bytes.Repeat([]byte{1}, 20), bytes.Repeat([]byte{2}, 20)
	for _, c := range []struct {
		name  string
		value []byte
		want  []urn.SHA1
	}{
		{"nothing", nil, nil},
		{"two", slices.Concat(one, two), []urn.SHA1{urn.SHA1(one), urn.SHA1(two)}},
		{"cut", slices.Concat(one, two[:19]), []urn.SHA1{urn.SHA1(one)}},
		{"too many", bytes.Repeat(one, maxArriving+1), slices.Repeat([]urn.SHA1{urn.SHA1(one)}, maxArriving)},
	} {
		if got := parseArriving(c.value); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// FuzzArriving: what is taken is the beginning of what came.
func FuzzArriving(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{7}, 45))
	f.Fuzz(func(t *testing.T, value []byte) {
		got := parseArriving(value)
		var all []byte
		for _, sum := range got {
			all = append(all, sum[:]...)
		}
		if len(got) > maxArriving || len(got) != min(len(value)/20, maxArriving) || !bytes.HasPrefix(value, all) {
			t.Fatalf("%d of %d bytes", len(got), len(value))
		}
	})
}
