package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestInside asks what folders have that is shared, while files come and change that
// nobody watches.
func TestInside(t *testing.T) {
	dir := folder(t, map[string]string{"a.ogg": "12345", "sub/b.ogg": "123", "sub/deep/c.ogg": "1", ".dark/d.ogg": "1", "server.key": "x"})
	l := run(t, Config{Shares: []Share{{Dir: dir, Forced: true}}})
	await(t, l, "a.ogg", "sub/b.ogg", "sub/deep/c.ogg")
	in, err := l.Inside(t.Context(), dir)
	if err != nil || len(in.Files) != 3 || in.Waiting != 0 || in.Size != 9 || in.Hashed != 9 || in.Skipped[SkipKey] != 1 || in.Skipped[SkipHidden] != 1 {
		t.Errorf("all of it: %+v, %v", in, err)
	}
	link := filepath.Join(folder(t, nil), "link")
	if err := os.Symlink(filepath.Join(dir, "sub"), link); err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{filepath.Join(dir, "sub"), link} {
		in, err := l.Inside(t.Context(), sub)
		if err != nil || len(in.Files) != 2 || in.Files[0].Rel != "b.ogg" || in.Files[0].Entry.Rel != "sub/b.ogg" || in.Files[1].Rel != "deep/c.ogg" {
			t.Errorf("%s: %+v, %v", sub, in, err)
		}
	}
	for at, want := range map[string]error{
		filepath.Dir(dir): ErrNotShare, filepath.Join(dir, ".dark"): ErrNotShare, folder(t, nil): ErrNotShare, filepath.Join(dir, "none"): fs.ErrNotExist,
	} {
		if _, err := l.Inside(t.Context(), at); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", at, err, want)
		}
	}

	put(t, filepath.Join(dir, "sub/b.ogg"), "another")
	put(t, filepath.Join(dir, "sub/e.ogg"), "more")
	if in, err := l.Inside(t.Context(), link); err != nil || len(in.Files) != 1 || in.Waiting != 2 || in.Size != 12 || in.Hashed != 1 {
		t.Errorf("what is to be hashed: %+v, %v", in, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range l.Changes(ctx) { // the question had the share scanned
		if in, err = l.Inside(ctx, link); err != nil || in.Waiting == 0 {
			break
		}
	}
	if err != nil || len(in.Files) != 3 || in.Size != 12 || in.Files[0].SHA1 != sum("another") {
		t.Errorf("once it is: %+v, %v", in, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Inside(t.Context(), dir); err == nil {
		t.Error("a folder that is gone has something in it")
	}
}
