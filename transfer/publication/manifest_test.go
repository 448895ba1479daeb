package publication

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"filbert/transfer/urn"
)

// manifest is one of files with the given paths, each of as many bytes as its number.
func manifest(paths ...string) *Manifest {
	m := &Manifest{Name: "Blue Album", Version: 7, Publisher: [32]byte{1}, Group: [32]byte{2}, Time: time.Unix(1.7e9, 0), Keep: 3, SHA1: urn.SHA1{4}, Root: urn.Blake3{5}}
	for i, p := range paths {
		m.Files = append(m.Files, File{Path: p, Size: int64(i), ModTime: time.UnixMicro(1.7e15 + int64(i)), Executable: i%2 == 1, Hash: Hash{byte(i)}})
	}
	return m
}

// TestManifest writes manifests and reads them back.
func TestManifest(t *testing.T) {
	for _, m := range []*Manifest{
		manifest(),
		manifest("a"),
		manifest("a", "b-e", "b/c", "b/d", "ü"),
	} {
		b := m.AppendTo(nil)
		got, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(m) {
			t.Errorf("%v is read as %v", m, got)
		}
		for n := range b {
			if _, err := Parse(b[:n]); !errors.Is(err, ErrManifest) {
				t.Errorf("the first %d bytes are read: %v", n, err)
			}
		}
		if _, err := Parse(append(b, 0)); !errors.Is(err, ErrManifest) {
			t.Errorf("one byte more is read: %v", err)
		}
	}
}

// TestCheck refuses what cannot be laid out on every system, or is out of bounds.
func TestCheck(t *testing.T) {
	deep := strings.Repeat("d/", maxDepth) + "f"
	for _, tt := range []struct {
		name   string
		change func(m *Manifest)
		paths  []string
		want   string
	}{
		{"no name", func(m *Manifest) { m.Name = "" }, nil, "no name"},
		{"a path as a name", func(m *Manifest) { m.Name = "a/b" }, nil, "no name"},
		{"a long name", func(m *Manifest) { m.Name = strings.Repeat("n", MaxName+1) }, nil, "no name"},
		{"version 0", func(m *Manifest) { m.Version = 0 }, nil, "version 0"},
		{"to keep none", func(m *Manifest) { m.Keep = 0 }, nil, "0 versions"},
		{"to keep many", func(m *Manifest) { m.Keep = MaxKeep + 1 }, nil, "101 versions"},
		{"too large", func(m *Manifest) { m.Files[0].Size, m.Files[1].Size = MaxBytes, 1 }, []string{"a", "b"}, "more than 32.0 GiB"},
		{"twice", nil, []string{"a", "a"}, "out of order"},
		{"out of order", nil, []string{"b", "a"}, "out of order"},
		{"upwards", nil, []string{"../a"}, "not one on every system"},
		{"absolute", nil, []string{"/a"}, "not one on every system"},
		{"an empty part", nil, []string{"a//b"}, "not one on every system"},
		{"no name of a file", nil, []string{"a/"}, "not one on every system"},
		{"here", nil, []string{"./a"}, "not one on every system"},
		{"hidden", nil, []string{".ssh/authorized_keys"}, "not one on every system"},
		{"a separator of another system", nil, []string{`a\b`}, "not one on every system"},
		{"a device", nil, []string{"con"}, "not one on every system"},
		{"one name in two cases", nil, []string{"Sky", "sky"}, "twice"},
		{"a file as a folder", nil, []string{"a", "a/b"}, "a folder and a file"},
		{"a file as a folder in another case", nil, []string{"A", "a/b"}, "a folder and a file"},
		{"a folder as a file", nil, []string{"A/b", "a"}, "twice"},
		{"deep", nil, []string{deep}, "too deep"},
		{"long", nil, []string{strings.Repeat("d/", 5) + strings.Repeat("x", maxPath)}, "too long"},
	} {
		m := manifest(tt.paths...)
		if tt.change != nil {
			tt.change(m)
		}
		if err := m.Check(); !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if _, err := Parse(m.AppendTo(nil)); !errors.Is(err, ErrManifest) {
			t.Errorf("%s is read: %v", tt.name, err)
		}
	}
}

// FuzzParse asserts that what is read has one form, and may be laid out.
func FuzzParse(f *testing.F) {
	f.Add(manifest().AppendTo(nil))
	f.Add(manifest("a", "b/c", "b/d", "ü").AppendTo(nil))
	long := manifest("a")
	long.Files[0].Size = MaxBytes
	f.Add(long.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrManifest) {
				t.Error(err)
			}
			return
		}
		if again := m.AppendTo(nil); !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x", b, again)
		}
		if err := m.Check(); err != nil {
			t.Error(err)
		}
		if len(m.Files)*smallestFile > len(b) || m.Size() > MaxBytes {
			t.Errorf("%d files of %d bytes in %d", len(m.Files), m.Size(), len(b))
		}
	})
}
