package upload

import (
	"net/http"
	"strings"
	"testing"
)

// TestFraming sends requests that parsers disagree on, first on a connection of
// its own, then after a good request on the same one.
func TestFraming(t *testing.T) {
	s := share(t, map[string]string{"f": "abc"}, Config{})
	get := "GET " + n2r("abc") + " HTTP/1.1\r\n"
	for _, test := range []struct{ name, request string }{
		{"bare LF", get + "Host: x\nX: y\r\n\r\n"},
		{"only LF", strings.ReplaceAll(get+"Host: x\r\n\r\n", "\r", "")},
		{"bare CR", get + "Host: x\rX: y\r\n\r\n"},
		{"folded line", get + "Host: x\r\nX: y\r\n z\r\n\r\n"},
		{"two lengths, the same", get + "Host: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"},
		{"two lengths, different", get + "Host: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"},
		{"length list", get + "Host: x\r\nContent-Length: 0, 0\r\n\r\n"},
		{"signed length", get + "Host: x\r\nContent-Length: +0\r\n\r\n"},
		{"length and encoding", get + "Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"encoding", get + "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"unknown encoding", get + "Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n"},
		{"129 header lines", headers(maxHeaderLines + 1)},
		{"no Host", get + "X: y\r\n\r\n"},
		{"two Hosts", get + "Host: x\r\nHost: y\r\n\r\n"},
		{"space before colon", get + "Host : x\r\n\r\n"},
		{"no colon", get + "Host: x\r\nnothing\r\n\r\n"},
		{"control character", get + "Host: x\r\nX: \x01\r\n\r\n"},
		{"NUL", get + "Host: x\r\nX: \x00\r\n\r\n"},
		{"blank line first", "\r\n" + get + "Host: x\r\n\r\n"},
		{"no version", "GET /\r\nHost: x\r\n\r\n"},
		{"space in the target", "GET /get/1/a b HTTP/1.1\r\nHost: x\r\n\r\n"},
	} {
		for _, first := range []bool{true, false} {
			p := s.dial()
			if !first {
				p.get("/")
				p.want(http.StatusOK)
			}
			if _, err := p.Write([]byte(test.request)); err != nil {
				t.Fatal(err)
			}
			res, err := p.read(http.MethodGet)
			if err == nil && res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusNotImplemented {
				t.Errorf("%s, first %v: answer %s", test.name, first, res.Status)
			}
			if err != nil && (first || test.name != "blank line first") { // net/http ends a connection that has not begun a request without a word
				t.Errorf("%s, first %v: no answer, %v", test.name, first, err)
			}
			p.wantClosed()
		}
	}
	if refused := s.Stats().Refused[RefusedFraming]; refused != 2*12 {
		t.Errorf("%d refused by their framing, want 24", refused)
	}
}

func TestHeadCaps(t *testing.T) {
	s := share(t, map[string]string{"f": "abc"}, Config{})
	start := "GET " + n2r("abc") + " HTTP/1.1\r\nHost: x\r\nX: "
	for size, status := range map[int]int{
		maxHeader - 1: http.StatusOK, maxHeader: http.StatusOK,
		maxHeader + 1: http.StatusRequestHeaderFieldsTooLarge, 17 << 10: http.StatusRequestHeaderFieldsTooLarge,
	} {
		p := s.dial()
		if _, err := p.Write([]byte(start + strings.Repeat("y", size-len(start)-4) + "\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		p.want(status)
		if status != http.StatusOK {
			p.wantClosed()
		}
	}
	for lines, status := range map[int]int{maxHeaderLines - 1: http.StatusOK, maxHeaderLines: http.StatusOK, maxHeaderLines + 1: http.StatusBadRequest} {
		p := s.dial()
		if _, err := p.Write([]byte(headers(lines))); err != nil {
			t.Fatal(err)
		}
		p.want(status)
	}
}

// TestPipelining sends requests ahead of the answers, the last of them bad.
func TestPipelining(t *testing.T) {
	s := share(t, map[string]string{"f": thousand}, Config{})
	p := s.dial()
	get := "GET " + n2r(thousand) + " HTTP/1.1\r\nHost: x\r\nRange: bytes="
	if _, err := p.Write([]byte(get + "0-9\r\n\r\n" + get + "990-\r\n\r\n" + get + "5-5\r\n\n")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0123456789", "0123456789"} {
		if res := p.want(http.StatusPartialContent); res.content != want {
			t.Errorf("got %q, want %q", res.content, want)
		}
	}
	p.want(http.StatusBadRequest)
	p.wantClosed()
}
