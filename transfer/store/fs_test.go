package store_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"filbert/transfer/store"
)

// TestFS is the contract of FS and Handle, the same for a real folder and for
// one in memory.
func TestFS(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		f := d.fs
		wantErr := func(what string, err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		wantErr("make folder", f.Mkdir("sub"), nil)
		wantErr("make folder again", f.Mkdir("sub"), nil)
		writeFile(t, f, "sub/b", []byte("bravo"))
		writeFile(t, f, "sub/a", []byte("alpha"))
		_, err := f.Create("sub/a")
		wantErr("create what exists", err, fs.ErrExist)
		_, err = f.Create("none/a")
		wantErr("create in no folder", err, fs.ErrNotExist)
		_, err = f.Open("sub/none")
		wantErr("open nothing", err, fs.ErrNotExist)
		if _, err = f.Open("sub"); err == nil {
			t.Error("a folder was opened as a file")
		}
		if got := list(t, f, "sub"); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("list %v", got)
		}
		if got := list(t, f, "."); len(got) > 0 {
			t.Errorf("a folder is listed: %v", got)
		}
		_, err = f.List("none")
		wantErr("list nothing", err, fs.ErrNotExist)

		wantErr("rename over a file", f.Rename("sub/a", "sub/b"), nil)
		wantFile(t, f, "sub/b", []byte("alpha"))
		wantErr("rename nothing", f.Rename("sub/a", "sub/c"), fs.ErrNotExist)
		wantErr("remove nothing", f.Remove("sub/a"), fs.ErrNotExist)

		writeFile(t, f, "taken", nil)
		if err := f.Link("sub/b", f, "linked"); !errors.Is(err, errors.ErrUnsupported) {
			wantErr("link", err, nil)
			wantFile(t, f, "linked", []byte("alpha"))
			wantErr("link to what exists", f.Link("sub/b", f, "taken"), fs.ErrExist)
			wantErr("link nothing", f.Link("sub/a", f, "other"), fs.ErrNotExist)
			wantErr("remove one of two names", f.Remove("sub/b"), nil)
			wantFile(t, f, "linked", []byte("alpha"))
		}
		wantErr("sync folder", errors.Join(f.SyncDir("."), f.SyncDir("sub")), nil)
		if free, err := f.Free(); err != nil || free <= 0 {
			t.Errorf("free %d, %v", free, err)
		}
	})
}

func TestHandle(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		h, err := d.fs.Create("a")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Reserve(1 << 16); err != nil {
			t.Fatal(err)
		}
		if size, err := h.Size(); size != 0 || err != nil {
			t.Fatalf("reserving space made the file %d bytes long, %v", size, err)
		}
		if _, err := h.WriteAt([]byte("bravo"), 3); err != nil {
			t.Fatal(err)
		}
		if err := h.Truncate(10); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 20)
		if n, err := h.ReadAt(b, 0); n != 10 || err != io.EOF || string(b[:n]) != "\x00\x00\x00bravo\x00\x00" {
			t.Fatalf("%q, %v", b[:n], err)
		}
		if err := errors.Join(h.Truncate(4), h.Truncate(6), h.Sync(), h.Close()); err != nil {
			t.Fatal(err)
		}
		wantFile(t, d.fs, "a", []byte("\x00\x00\x00b\x00\x00"))
		if _, err := h.WriteAt(b, 0); !errors.Is(err, fs.ErrClosed) {
			t.Fatalf("write to a closed file: %v", err)
		}
	})
}

// TestDiskStaysInside plants symbolic links and what is no file.
func TestDiskStaysInside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	outside, inside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(secret, filepath.Join(inside, "link")), os.Symlink(outside, filepath.Join(inside, ".filbert"))); err != nil {
		t.Fatal(err)
	}
	d := openDisk(t, inside)
	for _, name := range []string{"link", "../" + filepath.Base(outside) + "/secret", ".filbert/secret"} {
		if _, err := d.Open(name); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	if _, err := d.Create(".filbert/new"); err == nil {
		t.Error("a file was made outside")
	}
	if _, err := store.New(store.Config{FS: d, Folder: inside}); err == nil {
		t.Error("a store was made on a folder that leads outside")
	}
}

func BenchmarkWriteAndComplete(b *testing.B) {
	b.ReportAllocs()
	const size, piece = 256 << 20, 256 << 10
	file, bytes := content(1, size)
	b.SetBytes(size)
	for b.Loop() {
		dir := b.TempDir()
		d, err := store.OpenDisk(dir)
		if err != nil {
			b.Fatal(err)
		}
		s, err := store.New(store.Config{FS: d, Folder: dir})
		if err != nil {
			b.Fatal(err)
		}
		p, err := s.Open(file, "")
		if err != nil {
			b.Fatal(err)
		}
		for at := 0; at < size; at += piece {
			if _, err := p.WriteAt(bytes[at:at+piece], int64(at)); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := p.Complete(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}
