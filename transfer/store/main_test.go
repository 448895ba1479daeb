package store_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
	"filbert/transfer/urn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk is a download folder, and another one for output paths.
type disk struct {
	folder, elsewhere string
	fs, other         store.FS
	real              bool
}

func (d *disk) config() store.Config {
	cfg := store.Config{FS: d.fs, Folder: d.folder}
	if !d.real {
		cfg.Elsewhere = func(dir string) (store.FS, error) {
			if filepath.Clean(dir) == d.elsewhere {
				return d.other, nil
			}
			return nil, os.ErrNotExist
		}
	}
	return cfg
}

func (d *disk) open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.New(d.config())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// onDisks runs the same test on a real disk, on one in memory, and on one in
// memory where a file has one name.
func onDisks(t *testing.T, test func(t *testing.T, d *disk)) {
	t.Run("disk", func(t *testing.T) {
		d := &disk{folder: t.TempDir(), elsewhere: t.TempDir(), real: true}
		d.fs, d.other = openDisk(t, d.folder), openDisk(t, d.elsewhere)
		test(t, d)
	})
	for _, noLinks := range []bool{false, true} {
		name := map[bool]string{false: "memory", true: "memory without links"}[noLinks]
		t.Run(name, func(t *testing.T) {
			test(t, &disk{
				folder: string(filepath.Separator) + "downloads", elsewhere: string(filepath.Separator) + "elsewhere",
				fs: faultfs.New(faultfs.Config{NoLinks: noLinks}), other: faultfs.New(faultfs.Config{NoLinks: noLinks}),
			})
		})
	}
}

func openDisk(t *testing.T, dir string) store.FS {
	t.Helper()
	d, err := store.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// content is a file of n bytes that no other seed gives.
func content(seed byte, n int) (transfer.File, []byte) {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return transfer.File{Name: "interop medium.bin", Size: int64(n), SHA1: sha1.Sum(b)}, b
}

func open(t *testing.T, s *store.Store, f transfer.File, output string) *store.Partial {
	t.Helper()
	p, err := s.Open(f, output)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func writeAt(t *testing.T, p *store.Partial, b []byte, rs ...ranges.Range) {
	t.Helper()
	for _, r := range rs {
		if n, err := p.WriteAt(b[r.Start:r.End], r.Start); err != nil || int64(n) != r.Len() {
			t.Fatalf("write %v: %d, %v", r, n, err)
		}
	}
}

func flush(t *testing.T, p *store.Partial) {
	t.Helper()
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
}

func wantHave(t *testing.T, p *store.Partial, want ...ranges.Range) {
	t.Helper()
	have := p.Have()
	if got := slices.Collect(have.All()); !slices.Equal(got, want) {
		t.Fatalf("have %v, want %v", got, want)
	}
}

func wantMissing(t *testing.T, p *store.Partial, want ...ranges.Range) {
	t.Helper()
	if got := p.Missing(); !slices.Equal(got, want) {
		t.Fatalf("missing %v, want %v", got, want)
	}
}

func complete(t *testing.T, p *store.Partial) string {
	t.Helper()
	path, err := p.Complete(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// wantFile looks at a complete file.
func wantFile(t *testing.T, fsys store.FS, name string, want []byte) {
	t.Helper()
	if got := readFile(t, fsys, name); !slices.Equal(got, want) {
		t.Fatalf("%s has %d bytes that are not the %d wanted", name, len(got), len(want))
	}
}

func readFile(t *testing.T, fsys store.FS, name string) []byte {
	t.Helper()
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); int64(n) != size {
		t.Fatal(err)
	}
	return b
}

func writeFile(t *testing.T, fsys store.FS, name string, b []byte) {
	t.Helper()
	f, err := fsys.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, fsys store.FS, dir string) []string {
	t.Helper()
	names, err := fsys.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func partialName(h urn.SHA1) string { return ".filbert/" + h.String() + ".partial" }
func journalName(h urn.SHA1) string { return ".filbert/" + h.String() + ".journal" }
