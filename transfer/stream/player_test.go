package stream

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/testnet/player"
	"filbert/transfer/ranges"
)

const (
	filmLength = 2 * time.Minute
	// playerTime is the most a player may take, on a busy machine too.
	playerTime = 2 * time.Minute
)

// need skips the test if a program is not installed, or fails it where all must
// be.
func need(t *testing.T, programs ...string) {
	t.Helper()
	switch p := player.Missing(programs...); {
	case p == "":
	case os.Getenv("FILBERT_REQUIRE_ALL") == "1":
		t.Fatalf("%s is not installed", p)
	default:
		t.Skipf("%s is not installed", p)
	}
}

// film is a film of which a tenth is here; the rest arrives at four times the
// speed at which it is played.
func film(ctx context.Context, t *testing.T) (*arriving, Status) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mp4")
	if err := player.Make(ctx, file, filmLength); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a := &arriving{content: content, moved: make(chan struct{})}
	a.arrive(ranges.Range{End: int64(len(content) / 10)})
	st, err := serve(t, a).Add(ctx, a.file("film.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(filmLength / 4 * stepBytes / time.Duration(len(content)))
		defer tick.Stop()
		for ctx.Err() == nil {
			select {
			case <-tick.C:
				if r := a.next(); !r.Empty() {
					a.arrive(r)
				}
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() { cancel(); work.Wait() })
	return a, st
}

// wantEarly fails a test that took so long that it shows nothing.
func (a *arriving) wantEarly(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	share := a.have.Len() * 100 / int64(len(a.content))
	a.mu.Unlock()
	t.Logf("of %d bytes %d %% are here in the end", len(a.content), share)
	if share > 75 {
		t.Errorf("%d %% of the film had arrived in the end; that shows little", share)
	}
}

// TestBrowserPlays has a browser's video element play and seek in a film of
// which a tenth is here.
func TestBrowserPlays(t *testing.T) {
	need(t, "ffmpeg", "chromium")
	ctx, cancel := context.WithTimeout(t.Context(), playerTime)
	defer cancel()
	a, st := film(ctx, t)
	lines, err := player.Watch(ctx, st.URL, t.TempDir())
	a.wantEarly(t)
	if t.Logf("the browser says\n%s", strings.Join(lines, "\n")); err != nil || !player.Watched(lines) {
		t.Errorf("the film was not watched: %v", err)
	}
}

// TestFFmpegPlays has ffprobe and ffmpeg read the same.
func TestFFmpegPlays(t *testing.T) {
	need(t, "ffmpeg", "ffprobe")
	ctx, cancel := context.WithTimeout(t.Context(), playerTime)
	defer cancel()
	a, st := film(ctx, t)
	if length, err := player.Length(ctx, st.URL); err != nil || length != filmLength {
		t.Errorf("the film is %v long, %v", length, err)
	}
	if n, err := player.Pictures(ctx, st.URL, 100*time.Second); err != nil || n != 25 {
		t.Errorf("%d pictures in a second, %v", n, err)
	}
	a.wantEarly(t)
}
