package upload

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRoot has another handler answer for "/", within the rules of a connection.
func TestRoot(t *testing.T) {
	var got []string
	root := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.String()+" "+r.RemoteAddr)
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Errorf("the handler cannot set a deadline: %v", err)
		}
		if r.Header.Get("Accept") == "no" {
			w.WriteHeader(http.StatusForbidden)
		}
		io.WriteString(w, "root says hello\n")
	})
	s := share(t, map[string]string{"f": "abc"}, Config{Root: root, Features: "browse/1.0"})
	p := s.dial()
	p.get("/")
	if res := p.want(http.StatusOK); res.content != "root says hello\n" || res.Header.Get("Server") != "filbert/0.1" || res.Header.Get("X-Features") != "browse/1.0, queue/1.0, want/0.1" {
		t.Errorf("%v %q", res.Header, res.content)
	}
	p.get("/?x")
	if res := p.want(http.StatusOK); res.Header.Get("X-Features") != "" {
		t.Errorf("introduced again: %v", res.Header)
	}
	p.send("HEAD / HTTP/1.1", "Host: x")
	if res, err := p.read(http.MethodHead); err != nil || res.StatusCode != http.StatusOK || res.content != "" {
		t.Errorf("HEAD: %v, %v", res, err)
	}
	p.get(n2r("abc"))
	if res := p.want(http.StatusOK); res.content != "abc" {
		t.Errorf("a file beside it: %q", res.content)
	}
	if len(got) != 3 || !strings.HasPrefix(got[0], "GET / 198.51.100.") || !strings.HasPrefix(got[2], "HEAD / ") {
		t.Errorf("the handler was asked %q", got)
	}
	for i := range maxErrors {
		p.get("/", "Accept: no")
		if res := p.want(http.StatusForbidden); res.Close != (i == maxErrors-1) {
			t.Errorf("refusal %d closes: %v", i+1, res.Close)
		}
	}
	p.wantClosed()
	if n := len(got); n != 3+maxErrors {
		t.Errorf("the handler was asked %d times", n)
	}
	p = s.dial()
	p.send("POST / HTTP/1.1", "Host: x", "Content-Length: 0")
	p.want(http.StatusMethodNotAllowed)
	p = s.dial()
	p.send("GET / HTTP/1.1", "Host: x", "Content-Length: 3", "", "abc")
	p.want(http.StatusBadRequest)
	if n := len(got); n != 3+maxErrors {
		t.Errorf("the handler was asked what is no request for it: %q", got[n-1])
	}
	stats := s.Stats()
	if stats.Answers[http.StatusForbidden] != maxErrors || stats.Answers[http.StatusOK] != 4 {
		t.Errorf("counted %v", stats.Answers)
	}
}
