package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOpenWhileAnotherRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := openAt(t, path)
	put(t, db.Bucket("b"), "k", "v")
	begun := time.Now()
	_, err := Open(path, Options{})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("(process %d)", os.Getpid())) {
		t.Errorf("second open: %v", err)
	}
	if took := time.Since(begun); took < DefaultLockTimeout || took > DefaultLockTimeout+2*time.Second {
		t.Errorf("second open took %v", took)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, path)
	if got, err := again.Bucket("b").Get("k"); err != nil || string(got) != "v" {
		t.Errorf("after the first ended: %q %v", got, err)
	}
}

// TestRunningInstanceIsNotSetAside: a file that another process is writing may
// look damaged; it is not touched.
func TestRunningInstanceIsNotSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	writer := begin(t, "writer", path)
	if writer.line() == "" {
		t.Fatal("the writer died")
	}
	for range 5 {
		if _, err := Open(path, Options{LockTimeout: -1}); !errors.Is(err, ErrLocked) {
			t.Errorf("open beside a writer: %v", err)
		}
	}
	writer.kill()
	if aside, err := filepath.Glob(path + ".corrupt-*"); err != nil || len(aside) != 0 {
		t.Errorf("set aside: %v %v", aside, err)
	}
}

func TestOpenWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	for what, path := range map[string]string{
		"a folder":         dir,
		"no home":          filepath.Join(dir, "none", "state.db"),
		"a file as folder": filepath.Join(dir, "file", "state.db"),
	} {
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); err == nil || errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			t.Errorf("%s: it was moved: %v", what, err)
		}
	}
	// A refused open leaves no lock.
	for range 2 {
		if _, err := Open(dir, Options{LockTimeout: -1}); errors.Is(err, ErrLocked) {
			t.Error(err)
		}
	}
	os.Remove(dir + ".lock")
}

func TestSetAsideTwiceInASecond(t *testing.T) {
	dir := t.TempDir()
	path, now := filepath.Join(dir, "state.db"), time.Date(2025, 3, 1, 13, 0, 0, 0, time.FixedZone("CET", 3600))
	var names []string
	for range 3 {
		if err := os.WriteFile(path, []byte(fmt.Sprint(len(names))), 0o600); err != nil {
			t.Fatal(err)
		}
		aside, err := setAside(path, now)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Base(aside))
	}
	want := "[state.db.corrupt-20250301T120000Z state.db.corrupt-20250301T120000Z-2 state.db.corrupt-20250301T120000Z-3]"
	if fmt.Sprint(names) != want {
		t.Errorf("%v, want %v", names, want)
	}
	for i, name := range names {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != fmt.Sprint(i) {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	for i := 4; i <= maxAside; i++ {
		if err := os.WriteFile(fmt.Sprintf("%s.corrupt-20250301T120000Z-%d", path, i), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if aside, err := setAside(path, now); err == nil {
		t.Errorf("the %dth was set aside as %s", maxAside+1, aside)
	}
	if _, err := setAside(path, now.Add(time.Second)); err != nil {
		t.Error(err)
	}
}

// TestFileAtItsCap fills a small store: what does not fit is refused whole, what
// is there stays and can make room.
func TestFileAtItsCap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	const size = 1 << 20
	db, err := open(path, Options{}, size)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	b, n := db.Bucket("b"), 0
	value := strings.Repeat("x", 50_000)
	for ; ; n++ {
		if err = b.Put(fmt.Sprint(n), []byte(value)); err != nil {
			break
		}
		if n > size/len(value) {
			t.Fatal("it never fills")
		}
	}
	if !errors.Is(err, ErrTooLarge) || n < size/len(value)/4 {
		t.Errorf("full after %d values: %v", n, err)
	}
	if got := contents(t, b); len(got) != n || got["0"] != value {
		t.Errorf("%d of %d values left", len(got), n)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > size {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	if err := errors.Join(b.Delete("0"), b.Delete("1"), b.Put("again", []byte(value))); err != nil {
		t.Errorf("after making room: %v", err)
	}
}

func TestModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	openAt(t, path)
	for _, name := range []string{path, path + ".lock"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: others may read it: %v %v", name, info.Mode(), err)
		}
	}
	if _, err := os.Stat(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
