package player

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// page plays a film, seeks to four fifths of it and plays on, and writes down
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
	say('length ' + Math.round(video.duration) + ' width ' + video.videoWidth);
	await video.play();
	await moved(0);
	say('played');
	const there = video.duration * 0.8, seeked = happens('seeked');
	video.currentTime = there;
	await seeked;
	say('seeked');
	await moved(there);
	say('played there');
	done();
})();
</script>`

var written = regexp.MustCompile(`(?s)<pre>(.*)</pre>`)

// Watch has a browser's video element play the film at a URL and seek in it. It
// returns the lines that the page wrote down: "length L width W", "played",
// "seeked" and "played there", or "error", each with a time behind it. profile is
// a folder for what the browser keeps.
func Watch(ctx context.Context, url, profile string) ([]string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("player: %w", err)
	}
	site := &http.Server{Handler: pages(url)}
	var work sync.WaitGroup
	defer work.Wait()
	defer site.Close()
	work.Go(func() { site.Serve(l) })
	dom, err := run(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+profile,
		"--autoplay-policy=no-user-gesture-required", "--dump-dom", "http://"+l.Addr().String())
	if err != nil {
		return nil, err
	}
	found := written.FindStringSubmatch(dom)
	if found == nil {
		return nil, fmt.Errorf("player: the browser prints no page of ours: %.500s", dom)
	}
	return strings.Split(strings.TrimSpace(found[1]), "\n"), nil
}

// pages serves the page and what it talks to.
func pages(url string) http.Handler {
	done := make(chan struct{})
	var once sync.Once
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, page, url) })
	mux.HandleFunc("/done", func(http.ResponseWriter, *http.Request) { once.Do(func() { close(done) }) })
	mux.HandleFunc("/hold", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	return mux
}

// Watched reports whether the lines of Watch tell of a film that was played from
// its start and after a seek.
func Watched(lines []string) bool {
	want := []string{fmt.Sprintf(" width %d ", Width), "played after ", "seeked after ", "played there after "}
	if len(lines) != len(want) {
		return false
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) {
			return false
		}
	}
	return true
}
