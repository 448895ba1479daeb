//go:build unix

package library

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFIFOAndSocketAreNeverOpened(t *testing.T) {
	dir := folder(t, map[string]string{"f": "abc", "g": "xyz"})
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // the path of a socket must be short
	sock, err := net.Listen("unix", "sock")
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	l := run(t, Config{Shares: []Share{{Dir: dir}}})
	await(t, l, "f", "g")
	if n := l.Shares()[0].Skipped[SkipSpecial]; n != 2 {
		t.Errorf("%d special files were left out, want 2", n)
	}

	// A file that became a FIFO after it was hashed: an open that waited for a
	// writer would hang here.
	e, err := l.BySHA1(sum("abc"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove("f"), os.Rename("fifo", "f")); err != nil {
		t.Fatal(err)
	}
	if f, err := l.Open(e); !errors.Is(err, ErrChanged) {
		t.Errorf("a FIFO was opened: %v, %v", f, err)
	}

	// Even if it became one after it was looked at.
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	f, err := root.OpenFile("f", os.O_RDONLY|openFlags, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestReplacedFileOfSameSizeAndTime(t *testing.T) {
	dir := folder(t, map[string]string{"f": "old", ".new": "new"})
	l := run(t, Config{Shares: []Share{{Dir: dir}}})
	await(t, l, "f")
	e, err := l.BySHA1(sum("old"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		os.Chtimes(filepath.Join(dir, ".new"), e.ModTime, e.ModTime),
		os.Rename(filepath.Join(dir, ".new"), filepath.Join(dir, "f")),
	); err != nil {
		t.Fatal(err)
	}
	if f, err := l.Open(e); !errors.Is(err, ErrChanged) {
		t.Errorf("another inode was opened: %v, %v", f, err)
	}
}
