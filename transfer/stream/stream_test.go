package stream

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// arriving is a download of one file whose slices come one after another, those
// that are awaited first.
type arriving struct {
	content []byte

	mu     sync.Mutex
	have   ranges.Set
	wanted []ranges.Range // by whom there is a wait now
	ended  error
	moved  chan struct{} // closed and made anew when something arrives
	whole  bool          // it is complete: what was opened before is closed
	opened int
}

func newArriving(size int) *arriving {
	b := make([]byte, size)
	rng := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return &arriving{content: b, moved: make(chan struct{})}
}

func (a *arriving) file(name string) transfer.File {
	return transfer.File{Name: name, Size: int64(len(a.content)), SHA1: urn.SHA1(sha1.Sum(a.content))}
}

func (a *arriving) Await(ctx context.Context, _ urn.SHA1, parts ...ranges.Range) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wanted = append(a.wanted, parts...)
	defer func() {
		for _, r := range parts {
			if i := slices.Index(a.wanted, r); i >= 0 {
				a.wanted = slices.Delete(slices.Clone(a.wanted), i, i+1)
			}
		}
	}()
	for slices.ContainsFunc(parts, func(r ranges.Range) bool { return !a.have.Contains(r) }) {
		if a.ended != nil {
			return a.ended
		}
		moved := a.moved
		a.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			a.mu.Lock()
			return ctx.Err()
		}
		a.mu.Lock()
	}
	return nil
}

func (a *arriving) Open(urn.SHA1) (File, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened++
	return &view{a, a.whole}, nil
}

type view struct {
	*arriving
	whole bool
}

func (v *view) ReadAt(b []byte, off int64) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.whole != v.arriving.whole {
		return 0, os.ErrClosed
	}
	if !v.have.Contains(ranges.Range{Start: off, End: off + int64(len(b))}) {
		return 0, errors.New("these bytes are not verified")
	}
	return copy(b, v.content[off:]), nil
}

func (v *view) Close() error { return nil }

// arrive lets bytes arrive.
func (a *arriving) arrive(r ranges.Range) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.have.Add(r)
	close(a.moved)
	a.moved = make(chan struct{})
}

// here reports whether all of r has arrived, and lists what has.
func (a *arriving) here(r ranges.Range) (bool, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.have.Contains(r), a.have.String()
}

func (a *arriving) all() ranges.Range { return ranges.Range{End: int64(len(a.content))} }

// next is the slice that is wanted most, the first missing of the smallest wait,
// empty when all is here.
func (a *arriving) next() ranges.Range {
	a.mu.Lock()
	defer a.mu.Unlock()
	best := a.all()
	for _, w := range a.wanted {
		if w.Len() < best.Len() && !a.have.Contains(w) {
			best = w
		}
	}
	for gap := range a.have.Gaps(best.End) {
		if start := max(gap.Start, best.Start) / stepBytes * stepBytes; gap.End > best.Start {
			return ranges.Range{Start: start, End: min(start+stepBytes, int64(len(a.content)))}
		}
	}
	return ranges.Range{}
}

// run lets a slice arrive each period until all is here.
func (a *arriving) run(period time.Duration) {
	for r := a.next(); !r.Empty(); r = a.next() {
		time.Sleep(period)
		a.arrive(r)
	}
}

func TestReadWhileArriving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArriving(3<<20 + 12345)
		var work sync.WaitGroup
		work.Go(func() { a.run(10 * time.Millisecond) })
		r := NewReader(t.Context(), a, urn.SHA1{}, int64(len(a.content)))
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, a.content) {
			t.Errorf("%d bytes were read, %v", len(got), err)
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		work.Wait()
	})
}

// TestSeekIsServedFirst seeks in a file that arrives at one slice a second: the
// bytes there must come at once, and those behind them before the others.
func TestSeekIsServedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArriving(64 << 20)
		var work sync.WaitGroup
		work.Go(func() { a.run(time.Second) })
		r := NewReader(t.Context(), a, urn.SHA1{}, int64(len(a.content)))
		b := make([]byte, 100)
		for _, at := range []int64{0, 50 << 20, 13<<20 + 777, int64(len(a.content)) - 50} {
			if _, err := r.Seek(at, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			n, err := io.ReadAtLeast(r, b, 50)
			if err != nil || !bytes.Equal(b[:n], a.content[at:at+int64(n)]) {
				t.Fatalf("at %d: %d bytes, %v", at, n, err)
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("at %d the bytes took %v", at, took)
			}
			time.Sleep(10 * time.Second)
			follows := ranges.Range{Start: at, End: min(at+8*stepBytes, int64(len(a.content)))}
			if all, have := a.here(follows); !all {
				t.Errorf("10 s later not all of %v is here: %v", follows, have)
			}
		}
		for _, bad := range []struct {
			offset int64
			whence int
		}{{-1, io.SeekStart}, {-1 << 40, io.SeekCurrent}, {-1 << 40, io.SeekEnd}} {
			if _, err := r.Seek(bad.offset, bad.whence); err == nil {
				t.Errorf("seeking to %v succeeded", bad)
			}
		}
		r.Close()
		a.arrive(a.all())
		work.Wait()
		if len(a.wanted) > 0 {
			t.Errorf("after Close there are waits for %v", a.wanted)
		}
	})
}

func TestReadFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArriving(1 << 20)
		a.arrive(ranges.Range{End: 1000})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := NewReader(ctx, a, urn.SHA1{}, int64(len(a.content)))
		if n, err := r.Read(make([]byte, 500)); n != 500 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		if _, err := r.Read(make([]byte, 1000)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("bytes that do not come: %v", err)
		}
		r.Close()
		a.ended = errors.New("cancelled")
		r = NewReader(t.Context(), a, urn.SHA1{}, int64(len(a.content)))
		defer r.Close()
		if _, err := r.Read(make([]byte, 2000)); !errors.Is(err, a.ended) {
			t.Errorf("a download that ended: %v", err)
		}
	})
}

// TestFileBecomesWhole closes what a reader has open.
func TestFileBecomesWhole(t *testing.T) {
	a := newArriving(1 << 20)
	a.arrive(a.all())
	r := NewReader(t.Context(), a, urn.SHA1{}, int64(len(a.content)))
	defer r.Close()
	b := make([]byte, 1000)
	io.ReadFull(r, b)
	a.whole = true
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(append(b, got...), a.content) || a.opened != 2 {
		t.Errorf("%d bytes, %v; opened %d times", len(got), err, a.opened)
	}
}

// serve runs a server until the test ends.
func serve(t *testing.T, files Files) *Server {
	s := NewServer(files)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); work.Wait(); http.DefaultClient.CloseIdleConnections() })
	return s
}

func ask(t *testing.T, method, url string, lines ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestServer(t *testing.T) {
	a := newArriving(1 << 20)
	a.arrive(ranges.Range{End: 100_000})
	s := serve(t, a)
	st, err := s.Add(t.Context(), a.file("a film.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Add(t.Context(), a.file("a film.mp4"))
	if err != nil || again.URL != st.URL {
		t.Errorf("the URL became %q, %v", again.URL, err)
	}
	host := strings.Split(st.URL, "/")[2]
	res, body := ask(t, "GET", st.URL, "Range: bytes=10-59999")
	if res.StatusCode != http.StatusPartialContent || body != string(a.content[10:60000]) {
		t.Errorf("%s with %d bytes", res.Status, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type": "video/mp4", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "", "Accept-Ranges": "bytes",
		"Content-Range": fmt.Sprintf("bytes 10-59999/%d", len(a.content)), "Content-Disposition": "inline",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if res, _ := ask(t, "HEAD", st.URL); res.ContentLength != int64(len(a.content)) || res.StatusCode != http.StatusOK {
		t.Errorf("HEAD: %s, length %d", res.Status, res.ContentLength)
	}
	for _, test := range []struct {
		method, url, line string
		status            int
	}{
		{"GET", st.URL, "Host: evil.example", http.StatusForbidden},
		{"GET", st.URL, "Host: localhost" + host[strings.Index(host, ":"):], http.StatusForbidden},
		{"GET", st.URL, "Host: " + strings.Split(host, ":")[0], http.StatusForbidden},
		{"POST", st.URL, "X: y", http.StatusMethodNotAllowed},
		{"OPTIONS", st.URL, "Origin: http://evil.example", http.StatusMethodNotAllowed},
		{"GET", "http://" + host + "/", "X: y", http.StatusNotFound},
		{"GET", "http://" + host + "/" + strings.Repeat("0", 64) + "/a film.mp4", "X: y", http.StatusNotFound},
		{"GET", st.URL, "Range: bytes=9999999-", http.StatusRequestedRangeNotSatisfiable},
	} {
		res, _ := ask(t, test.method, test.url, test.line)
		if res.StatusCode != test.status || res.Header.Get("Access-Control-Allow-Origin") != "" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s with %s: %s, %v", test.method, test.url, test.line, res.Status, res.Header)
		}
	}
	if list := s.List(); len(list) != 1 || list[0].Read != 59990 || list[0].Readers != 0 {
		t.Errorf("the list is %+v", list)
	}
	a.arrive(a.all())
	if _, body := ask(t, "GET", st.URL); body != string(a.content) {
		t.Errorf("the whole file came with %d bytes", len(body))
	}
	if list := s.List(); list[0].Read != int64(len(a.content)) {
		t.Errorf("the list is %+v", list)
	}
}

// TestKinds tells browsers only what they cannot be hurt by.
func TestKinds(t *testing.T) {
	for _, test := range []struct{ name, content, want string }{
		{"x.MKV", "<html><script>", "video/x-matroska"},
		{"x.html", "<html><script>", anyKind},
		{"x.svg", "<svg xmlns='http://www.w3.org/2000/svg'>", anyKind},
		{"x", "\x89PNG\r\n\x1a\n", "image/png"},
		{"x", "OggS\x00", "application/ogg"},
		{"x.txt", "text", anyKind},
		{"x", "", anyKind},
	} {
		a := &arriving{content: []byte(test.content), moved: make(chan struct{})}
		a.arrive(a.all())
		s := serve(t, a)
		st, err := s.Add(t.Context(), a.file(test.name))
		if err != nil {
			t.Fatal(err)
		}
		if res, body := ask(t, "GET", st.URL); res.Header.Get("Content-Type") != test.want || body != test.content {
			t.Errorf("%s of %q: %q, want %q", test.name, test.content, res.Header.Get("Content-Type"), test.want)
		}
	}
}

func TestServerBounds(t *testing.T) {
	a := newArriving(1 << 20)
	s := serve(t, a)
	st, err := s.Add(t.Context(), a.file("a.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.readers = maxReaders
	s.mu.Unlock()
	if res, _ := ask(t, "GET", st.URL); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "2" {
		t.Errorf("one reader too many: %s, %v", res.Status, res.Header)
	}
	for i := range 2 * maxStreams {
		if _, err := s.Add(t.Context(), transfer.File{SHA1: urn.SHA1{1, byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.List()); n != maxStreams {
		t.Errorf("%d streams, the most is %d", n, maxStreams)
	}
	if res, _ := ask(t, "GET", st.URL); res.StatusCode != http.StatusNotFound {
		t.Errorf("the oldest URL gives %s", res.Status)
	}
}

// TestEdges has both ends fetched before the middle.
func TestEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArriving(10 << 20)
		var work sync.WaitGroup
		work.Go(func() { a.run(time.Second) })
		s := NewServer(a)
		if err := s.edges(t.Context(), a.file("a.mp4")); err != nil {
			t.Fatal(err)
		}
		if middle, have := a.here(ranges.Range{Start: 4 << 20, End: 4<<20 + 1}); middle {
			t.Errorf("when the ends are here, there is %s", have)
		}
		a.arrive(a.all())
		work.Wait()
	})
}

func TestServerEnds(t *testing.T) {
	s := NewServer(newArriving(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), transfer.File{}); !errors.Is(err, ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
}
