package publication

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/transfer/merkle"
)

// contents is files by their paths.
type contents map[string][]byte

// noise is bytes that no compression or luck has in common.
func noise(seed byte, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// put writes files into a folder.
func (c contents) put(t *testing.T, dir string) string {
	t.Helper()
	for name, b := range c {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// bundle is the files one after the other.
func (c contents) bundle() (b []byte) {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		b = append(b, c[name]...)
	}
	return b
}

// in is what a folder holds.
func in(t *testing.T, dir string) contents {
	t.Helper()
	c := contents{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		c[name] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c contents) equal(o contents) bool { return maps.EqualFunc(c, o, bytes.Equal) }

// build publishes a folder.
func build(t *testing.T, dir string, version uint64) (*Manifest, *merkle.Tree) {
	t.Helper()
	m := &Manifest{Name: "n", Version: version, Keep: 1, Time: time.Unix(0, 0)}
	tree, left, err := Build(t.Context(), dir, m)
	if err != nil || left.Count != 0 {
		t.Fatal(err, left)
	}
	return m, tree
}

// tens is ten files of 100 kB in two folders, and an empty one.
func tens() contents {
	c := contents{"c/empty": nil}
	for i := range 10 {
		c[fmt.Sprintf("%c/%d", 'a'+i%2, i)] = noise(byte(i), 100_000)
	}
	return c
}

// TestBuild publishes a folder, lays its bundle out elsewhere, and removes it again.
func TestBuild(t *testing.T) {
	c := tens()
	dir := c.put(t, t.TempDir())
	if err := os.Chmod(filepath.Join(dir, "a", "0"), 0o755); err != nil {
		t.Fatal(err)
	}
	m, tree := build(t, dir, 1)
	want := c.bundle()
	if m.SHA1 != sha1.Sum(want) || m.Size() != int64(len(want)) || merkle.Hash(m.Root) != tree.Root() {
		t.Fatalf("%+v", m)
	}
	f := NewFolder(dir, m, tree)
	r := f.Reader()
	got, err := io.ReadAll(io.NewSectionReader(r, 0, m.Size()))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes of %d: %v", len(got), len(want), err)
	}
	if have := f.Have(); have.Len() != m.Size() {
		t.Errorf("has %v", have.String())
	}

	base := t.TempDir()
	root, err := os.OpenRoot(base)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := Unpack(t.Context(), m, r, root, "1"); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if !in(t, filepath.Join(base, "1")).equal(c) {
		t.Error("other files were laid out")
	}
	if info, err := os.Stat(filepath.Join(base, "1", "a", "0")); err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("not executable: %v, %v", info.Mode(), err)
	}
	if f := NewFolder(filepath.Join(base, "1"), m, tree); f.Changed() != 0 {
		t.Errorf("%d files are not what was published", f.Changed())
	}
	if err := Unpack(t.Context(), m, bytes.NewReader(want), root, "1"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over what is there: %v", err)
	}

	keep := contents{"a/mine": []byte("x"), "a/2": []byte("changed")}
	keep.put(t, filepath.Join(base, "1"))
	Remove(m, root, "1")
	if got := in(t, filepath.Join(base, "1")); !got.equal(keep) {
		t.Errorf("of the user's files %v is left", slices.Sorted(maps.Keys(got)))
	}
	if err := Unpack(t.Context(), m, bytes.NewReader(want), root, "2"); err != nil {
		t.Fatal(err)
	}
	Remove(m, root, "2")
	if _, err := root.Stat("2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder stays: %v", err)
	}
}

// TestUnpackRefuses a bundle that is not that of the manifest, and ends with its context.
func TestUnpackRefuses(t *testing.T) {
	c := tens()
	m, _ := build(t, c.put(t, t.TempDir()), 1)
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	b := c.bundle()
	b[len(b)-1] ^= 1
	if err := Unpack(t.Context(), m, bytes.NewReader(b), root, "1"); !errors.Is(err, ErrContent) {
		t.Error(err)
	}
	if err := Unpack(t.Context(), m, bytes.NewReader(b[:1000]), root, "2"); err == nil {
		t.Error("a bundle that is cut off is laid out")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Unpack(ctx, m, bytes.NewReader(b), root, "3"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestLeft leaves out what cannot be published, and says so.
func TestLeft(t *testing.T) {
	dir := contents{"a": []byte("1"), ".hidden": nil, ".git/config": nil, "deep/.swp": nil, "deep/id_rsa": nil}.put(t, t.TempDir())
	count, want := 4, ".git: it is hidden; .hidden: it is hidden; deep/.swp: it is hidden; deep/id_rsa: its name is that of keys, passwords or mail"
	if os.Symlink("/etc/passwd", filepath.Join(dir, "link")) == nil { // else the system has none
		count, want = count+1, want+"; link: it is no file"
	}
	m := &Manifest{Name: "n", Version: 1, Keep: 1, Time: time.Unix(0, 0)}
	_, left, err := Build(t.Context(), dir, m)
	if err != nil || len(m.Files) != 1 || m.Files[0].Path != "a" {
		t.Fatalf("%+v, %v", m.Files, err)
	}
	got := strings.Join(left.Names, "; ")
	if left.Count != count || got != want {
		t.Errorf("%d are left: %s", left.Count, got)
	}
	if _, _, err := Build(t.Context(), filepath.Join(dir, "missing"), m); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestFolderChanges notices files that were changed, removed or replaced: the slices that
// have bytes of them are not there any more, and no wrong byte is read.
func TestFolderChanges(t *testing.T) {
	for name, change := range map[string]func(at string) error{
		"longer":  func(at string) error { return os.WriteFile(at, noise(99, 100_001), 0o644) },
		"touched": func(at string) error { return os.Chtimes(at, time.Now(), time.Unix(1e9, 0)) },
		"removed": os.Remove,
		"a link": func(at string) error {
			if err := os.Rename(at, at+".old"); err != nil {
				return err
			}
			return os.Symlink(at+".old", at)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := tens()
			dir := c.put(t, t.TempDir())
			m, tree := build(t, dir, 1)
			noticed, looked := NewFolder(dir, m, tree), NewFolder(dir, m, tree)
			at := filepath.Join(dir, "b", "1") // the sixth
			if err := change(at); err != nil {
				t.Fatal(err)
			}
			r := noticed.Reader()
			defer r.Close()
			b := make([]byte, 10)
			if _, err := r.ReadAt(b, 500_005); !errors.Is(err, ErrChanged) {
				t.Errorf("%x, %v", b, err)
			}
			if _, err := r.ReadAt(b, 600_000); err != nil || !bytes.Equal(b, c["b/3"][:10]) {
				t.Errorf("%x, %v", b, err)
			}
			looked.Look()
			for _, f := range []*Folder{noticed, looked} {
				have := f.Have()
				want := fmt.Sprintf("[0,%d) [%d,%d)", 500_000/65536*65536, (600_000/65536+1)*65536, m.Size())
				if got := have.String(); f.Changed() != 1 || got != want {
					t.Errorf("%d changed, has %s, want %s", f.Changed(), got, want)
				}
			}
		})
	}
}

// TestReuse reads of a new version what older ones have, wherever it was there.
func TestReuse(t *testing.T) {
	first := tens()
	dir := first.put(t, t.TempDir())
	one, tree := build(t, dir, 1)
	old := NewFolder(dir, one, tree).Reader()
	defer old.Close()

	second := maps.Clone(first)
	second["b/7"] = append(bytes.Clone(first["b/7"][:50_000]), noise(77, 80_000)...) // changed from its middle on
	delete(second, "a/0")
	second["z/renamed"] = first["a/0"]
	second["a/00 new"] = noise(50, 70_000)
	two, _ := build(t, second.put(t, t.TempDir()), 2)

	r := NewReuse(two, Old{one, old})
	want := second.bundle()
	at := int64(0)
	for _, f := range two.Files {
		b := make([]byte, f.Size)
		_, err := r.ReadAt(b, at)
		switch {
		case f.Path == "b/7":
			half := b[:50_000]
			if _, err := r.ReadAt(half, at); err != nil || !bytes.Equal(half, want[at:at+50_000]) {
				t.Errorf("%s: what it was is not there: %v", f.Path, err)
			}
			fallthrough
		case f.Path == "a/00 new":
			if !errors.Is(err, ErrNew) {
				t.Errorf("%s: %v", f.Path, err)
			}
		case err != nil || !bytes.Equal(b, want[at:at+f.Size]):
			t.Errorf("%s: %v", f.Path, err)
		}
		at += f.Size
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
