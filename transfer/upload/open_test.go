package upload

import (
	"net/http"
	"path/filepath"
	"testing"
)

// TestKeptOpen: a file that a connection keeps open between its requests is looked at
// before each, and closed with it.
func TestKeptOpen(t *testing.T) {
	s := share(t, map[string]string{"f": "abc", "g": "xyz"}, Config{})
	p := s.dial()
	for _, want := range []string{"abc", "abc", "xyz", "abc"} {
		p.get(n2r(want))
		if res := p.want(http.StatusOK); res.content != want {
			t.Errorf("%q came, want %q", res.content, want)
		}
	}
	put(t, filepath.Join(s.dir, "f"), "other")
	p.get(n2r("abc"))
	p.want(http.StatusServiceUnavailable)
	if n := s.Stats().Refused[RefusedChanged]; n != 1 {
		t.Errorf("%d requests refused since the file changed", n)
	}
	p.wantClosed()
}
