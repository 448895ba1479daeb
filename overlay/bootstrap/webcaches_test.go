package bootstrap

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/overlay/bootstrap/gwc"
)

// script is a GWebCache on a real socket.
type script struct {
	*httptest.Server
	mu      sync.Mutex
	queries []string
}

func serve(t *testing.T, answer http.HandlerFunc) *script {
	s := &script{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.queries = append(s.queries, r.URL.RawQuery+" "+r.UserAgent())
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html") // as PHP does by default
		io.WriteString(w, text)
	}
}

func newWebCaches(urls ...string) *WebCaches {
	client := gwc.NewClient(gwc.Config{Caches: urls, Vendor: "TEST", Agent: "1.0"}, rand.New(rand.NewPCG(1, 1)))
	return NewWebCaches(WebCachesConfig{Client: client, Agent: "test/1.0", Dialer: &net.Dialer{}, Resolver: phonebook{"cache.example": "127.0.0.1"}})
}

func TestWebCacheAnswers(t *testing.T) {
	s := serve(t, says("I|pong|x|gnutella\nH|203.0.113.1:7000|30\nH|203.0.113.2:7000|30\n"))
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	w := newWebCaches("http://cache.example:" + port + "/gwc")
	found, _ := looks(t, w, t.Context())
	if strings.Join(found, ", ") != "[203.0.113.1:7000 203.0.113.2:7000] by 127.0.0.1" {
		t.Errorf("found %v", found)
	}
	if want := "[get=1&net=gnutella&client=TEST&version=1.0 test/1.0]"; fmt.Sprint(s.queries) != want {
		t.Errorf("asked %v, want %s", s.queries, want)
	}
	if again, _ := looks(t, w, t.Context()); len(again) != 0 || len(s.queries) != 1 {
		t.Errorf("asked again within the hour: %v", s.queries)
	}
	if len(w.Snapshot()) == 0 || w.Len() != 1 {
		t.Error("the visit is not remembered")
	}
	if err := w.Announce(t.Context(), Standing{Uptime: 2 * time.Hour, Self: netip.MustParseAddrPort("203.0.113.5:7000")}); err != nil || len(s.queries) != 1 {
		t.Errorf("told of us within the hour: %v, %v", err, s.queries)
	}
}

func TestOldWebCache(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("hostfile") == "" {
			io.WriteString(w, "ERROR\n")
			return
		}
		io.WriteString(w, "203.0.113.1:7000\r\n203.0.113.2:7000\r\n")
	})
	if found, _ := looks(t, newWebCaches(s.URL), t.Context()); len(found) != 1 || len(s.queries) != 2 {
		t.Errorf("found %v by %v", found, s.queries)
	}
}

// TestWebCachesFail looks at caches that are of no use: each is told in the
// error, and none is asked again and again.
func TestWebCachesFail(t *testing.T) {
	inside := serve(t, says("H|203.0.113.1:7000|30\n"))
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page":       {says("<!DOCTYPE html><html>"), "nothing of use"},
		"nothing":      {says(""), "nothing of use"},
		"gone":         {http.NotFound, "status 404"},
		"serves no us": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "status 503"},
		"a loop":       {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, "sends us to"},
		"to another shape": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "ftp://a.example/", http.StatusFound)
		}, "sends us to"},
		"a huge header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 2*maxHeader))
			io.WriteString(w, "H|203.0.113.1:7000|30\n")
		}, "header"},
		"a broken answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "H|203")
		}, "EOF"},
		"closed": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, closed.URL, http.StatusFound) }, "refused"},
	} {
		s := serve(t, test.answer)
		w := newWebCaches(s.URL)
		err := w.Find(t.Context(), func(f Found) { t.Errorf("%s: found %v", name, f) })
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), s.URL) {
			t.Errorf("%s: %v; want it to say %q", name, err, test.want)
		}
	}
	// A body without end is cut, and read as far as it goes.
	endless := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "H|203.0.113.1:7000|30\n")
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	})
	if found, _ := looks(t, newWebCaches(endless.URL), t.Context()); len(found) != 1 {
		t.Errorf("found %v in what has no end", found)
	}
	if len(inside.queries) != 0 {
		t.Error("asked whom nobody named")
	}
}

// TestWebCachesCannotPointInside: a cache named by another one, or a redirection
// of one of the public network, does not lead to addresses inside.
func TestWebCachesCannotPointInside(t *testing.T) {
	inside := serve(t, says("H|203.0.113.1:7000|30\n"))
	w := newWebCaches()
	w.cfg.Client.Restore(time.Now(), fmt.Appendf(nil, "%s/gwc 0 8.8.4.4\n", inside.URL))
	if w.Len() != 1 {
		t.Fatal("the cache is not known")
	}
	if err := w.Find(t.Context(), func(Found) {}); err == nil || len(inside.queries) != 0 {
		t.Errorf("asked %v, %v", inside.queries, err)
	}
	d := &webDial{w: w, to: netip.MustParseAddr("8.8.4.4")}
	d.redirected()
	for addr, want := range map[string]bool{"127.0.0.1": false, "10.0.0.1": false, "169.254.169.254": false, "::1": false, "5.6.7.8": true} {
		if got := d.may(netip.MustParseAddr(addr)); got != want {
			t.Errorf("a public cache may send us to %s: %v", addr, got)
		}
	}
}

func TestWebCachesEnd(t *testing.T) {
	stop := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	})
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := newWebCaches(s.URL).Find(ctx, func(Found) {}); err != nil {
		t.Error(err)
	}
}
