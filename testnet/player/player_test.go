package player

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPlayers plays a film that a plain file server gives, and what is none.
func TestPlayers(t *testing.T) {
	if p := Missing("ffmpeg", "ffprobe", "chromium"); p != "" {
		if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
			t.Fatalf("%s is not installed", p)
		}
		t.Skipf("%s is not installed", p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	folder := t.TempDir()
	if err := Make(ctx, filepath.Join(folder, "film.mp4"), 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "none.mp4"), []byte("this is no film"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer files.Close()
	if length, err := Length(ctx, files.URL+"/film.mp4"); err != nil || length != 10*time.Second {
		t.Errorf("the film is %v long, %v", length, err)
	}
	if n, err := Pictures(ctx, files.URL+"/film.mp4", 5*time.Second); err != nil || n != frameRate {
		t.Errorf("a second has %d pictures, %v", n, err)
	}
	lines, err := Watch(ctx, files.URL+"/film.mp4", t.TempDir())
	if err != nil || !Watched(lines) || !strings.HasPrefix(lines[0], "length 10 ") {
		t.Errorf("the browser says %q, %v", lines, err)
	}
	lines, err = Watch(ctx, files.URL+"/none.mp4", t.TempDir())
	if err != nil || Watched(lines) || !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "error ") }) {
		t.Errorf("of what is no film the browser says %q, %v", lines, err)
	}
	if p := Missing("no such program"); p != "no such program" {
		t.Errorf("%q is missing", p)
	}
}
