//go:build unix

package store_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"filbert/transfer/store"
)

// TestOpenLocal opens files, also by links, and nothing else; a FIFO that nobody
// writes to would be waited for for ever.
func TestOpenLocal(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("file"), []byte("bytes"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", at("link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(at("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("fifo", at("way to the fifo")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file", "link"} {
		f, size, err := store.OpenLocal(at(name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(f); err != nil || string(b) != "bytes" || size != 5 {
			t.Errorf("%s: %q, %d bytes, %v", name, b, size, err)
		}
		f.Close()
	}
	for _, name := range []string{"fifo", "way to the fifo", ".", "missing"} {
		if f, _, err := store.OpenLocal(at(name)); err == nil {
			t.Errorf("%s was opened", name)
			f.Close()
		}
	}
	if f, _, err := store.OpenLocal(os.DevNull); err == nil {
		t.Error("a device was opened")
		f.Close()
	}
}
