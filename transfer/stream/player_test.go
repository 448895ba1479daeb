package stream

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/transfer/ranges"
)

// playerTime is the most a player may take, on a busy machine too.
const playerTime = 2 * time.Minute

// need skips the test if a program is not installed, or fails it where all must
// be.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
			t.Fatalf("%s is not installed", p)
		}
		t.Skipf("%s is not installed", p)
	}
}

// output runs a program and returns what it printed.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), playerTime)
	defer cancel()
	var said strings.Builder
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = &said
	c.WaitDelay = time.Second // of what it started
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", name, err, out, said.String())
	}
	return string(out)
}

// film is two minutes of moving pictures, a tenth of which is here; the rest
// arrives at four times the speed of the film. Its table of contents stands at
// its end, as players have it worst.
func film(t *testing.T) (*arriving, *Server, Status) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mp4")
	output(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=120", "-vf", "noise=alls=20:allf=t",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "1500k", file)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a := &arriving{content: content, moved: make(chan struct{})}
	a.arrive(ranges.Range{End: int64(len(content) / 10)})
	s := serve(t, a)
	st, err := s.Add(t.Context(), a.file("film.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(30 * time.Second * stepBytes / time.Duration(len(content)))
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
	return a, s, st
}

// share is how much of the file is here, in percent.
func (a *arriving) share() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.have.Len() * 100 / int64(len(a.content))
}

// page plays the film, seeks to four fifths of it and plays on, and writes down
// when that was. Its load event, at which the browser prints the page, waits for
// the picture, which /hold gives when the script is done.
const page = `<!doctype html><title>player</title><img src="/hold"><video muted width="320"></video><pre></pre><script>
const video = document.querySelector('video'), began = performance.now();
const say = s => document.querySelector('pre').append(s + ' after ' + Math.round(performance.now() - began) + ' ms\n');
const done = () => fetch('/done');
const moved = from => new Promise(ok => { const look = () => video.currentTime > from + 0.5 ? ok() : requestAnimationFrame(look); look(); });
const happens = name => new Promise(ok => video.addEventListener(name, ok, {once: true}));
video.addEventListener('error', () => { say('error ' + video.error.code + ' ' + video.error.message); done(); });
(async () => {
	const ready = happens('loadedmetadata');
	video.src = %q;
	await ready;
	say('duration ' + video.duration);
	await video.play();
	await moved(0);
	say('played');
	const there = video.duration * 0.8, seeked = happens('seeked');
	video.currentTime = there;
	await seeked;
	say('seeked');
	await moved(there);
	say('played there: ' + (video.currentTime > there && video.videoWidth == 640));
	done();
})();
</script>`

// TestBrowserPlays has a browser's video element play and seek in a film of
// which a tenth is here.
func TestBrowserPlays(t *testing.T) {
	need(t, "ffmpeg", "chromium")
	a, _, st := film(t)
	done := make(chan struct{})
	var once sync.Once
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, page, st.URL)
	})
	mux.HandleFunc("/done", func(http.ResponseWriter, *http.Request) { once.Do(func() { close(done) }) })
	mux.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	site := httptest.NewServer(mux)
	defer site.Close()
	dom := output(t, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--autoplay-policy=no-user-gesture-required", "--dump-dom", site.URL)
	share := a.share()
	said := regexp.MustCompile(`(?s)<pre>(.*)</pre>`).FindStringSubmatch(dom)
	if said == nil {
		t.Fatalf("the page is\n%s", dom)
	}
	t.Logf("of %d bytes %d %% are here, and the browser says\n%s", len(a.content), share, said[1])
	for _, want := range []string{"duration 120", "played after", "seeked after", "played there: true"} {
		if !strings.Contains(said[1], want) {
			t.Errorf("the browser does not say %q", want)
		}
	}
	if share > 75 {
		t.Errorf("%d %% of the film had arrived in the end; that shows little", share)
	}
}

// TestFFmpegPlays has ffprobe and ffmpeg read the same.
func TestFFmpegPlays(t *testing.T) {
	need(t, "ffmpeg", "ffprobe")
	a, _, st := film(t)
	duration := output(t, "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", st.URL)
	if d, err := strconv.ParseFloat(strings.TrimSpace(duration), 64); err != nil || d < 119 || d > 121 {
		t.Errorf("the film is %q long, %v", duration, err)
	}
	frames := output(t, "ffmpeg", "-v", "error", "-ss", "100", "-i", st.URL, "-frames:v", "25", "-f", "framemd5", "-")
	if n := strings.Count(frames, "\n0,"); n != 25 {
		t.Errorf("%d pictures at second 100:\n%s", n, frames)
	}
	share := a.share()
	t.Logf("in the end %d %% are here", share)
	if share > 75 {
		t.Errorf("%d %% of the film had arrived in the end; that shows little", share)
	}
}
