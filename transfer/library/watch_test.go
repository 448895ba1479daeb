package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWatch makes changes of all kinds, which no rescan would notice in time.
func TestWatch(t *testing.T) {
	dir := folder(t, map[string]string{"a": "a", "sub/b": "b"})
	outside := folder(t, map[string]string{"x/y/z": "z"})
	l := run(t, Config{Shares: []Share{{Dir: dir}}, Watch: true, Rescan: time.Hour})
	await(t, l, "a", "sub/b")
	if st := l.Shares()[0]; st.Watched != 2 || st.Unwatched != 0 {
		t.Errorf("%d folders are watched, %d not, want 2 and 0", st.Watched, st.Unwatched)
	}

	put(t, filepath.Join(dir, "c"), "c")
	await(t, l, "a", "sub/b", "c")

	put(t, filepath.Join(dir, "sub", "b"), "other")
	awaitContent(t, l, "other")

	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	await(t, l, "sub/b", "c")

	if err := os.Rename(filepath.Join(outside, "x"), filepath.Join(dir, "x")); err != nil {
		t.Fatal(err)
	}
	await(t, l, "sub/b", "c", "x/y/z")
	put(t, filepath.Join(dir, "x", "y", "deep"), "deep") // in a folder that was not there at first
	await(t, l, "sub/b", "c", "x/y/z", "x/y/deep")

	if err := errors.Join(os.Rename(filepath.Join(dir, "x"), filepath.Join(dir, "renamed")), os.RemoveAll(filepath.Join(dir, "sub"))); err != nil {
		t.Fatal(err)
	}
	await(t, l, "c", "renamed/y/z", "renamed/y/deep")

	if err := l.Remove(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	await(t, l)
}

func awaitContent(t *testing.T, l *Library, content string) {
	t.Helper()
	for c := range l.Changes(t.Context()) {
		for _, e := range c.Added {
			if e.SHA1 == sum(content) {
				return
			}
		}
	}
}

func TestWatchIsBounded(t *testing.T) {
	dir := folder(t, map[string]string{"a/f": "x", "b/f": "x"})
	ctx, cancel := context.WithCancel(t.Context())
	l := &loop{Library: New(Config{}), ctx: ctx}
	l.watch()
	for room, want := range []int{0, 1, 2, 2} { // for two folders
		var dirs []string
		for _, rel := range []string{"a", "b"} {
			dirs = l.watcher.add(dirs, dir, rel, room)
		}
		if len(dirs) != want {
			t.Errorf("%d folders are watched where there is room for %d", len(dirs), room)
		}
		l.watcher.remove(dirs)
	}
	cancel()
	l.wg.Wait()
}
