package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// unprivileged runs fn without the right of root to write everywhere.
func unprivileged(t *testing.T, fn func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if own := os.Geteuid(); own == 0 {
		const nobody = 65534
		if _, err := unix.SetfsuidRetUid(nobody); err != nil {
			t.Fatal(err)
		}
		defer unix.Setfsuid(own)
	}
	fn()
}

// TestReadOnlyHome is an error, not damage: nothing is set aside.
func TestReadOnlyHome(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "state.db")
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(home), home} {
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(dir, 0o755)
	}
	unprivileged(t, func() {
		if _, err := Open(path, Options{}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("open: %v", err)
		}
		if _, err := Open(filepath.Join(home, "new.db"), Options{}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("create: %v", err)
		}
		if _, err := Lock(filepath.Join(home, "lock")); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("lock: %v", err)
		}
	})
	if names, err := os.ReadDir(home); err != nil || len(names) != 2 {
		t.Errorf("the home holds %v, %v", names, err)
	}
}
