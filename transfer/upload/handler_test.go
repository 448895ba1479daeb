package upload

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filbert/transfer/library"
)

// thousand is a file of 1000 bytes.
var thousand = strings.Repeat("0123456789", 100)

const abcTiger = "ASD4UJSEH5M47PDYB46KBTSQTSGDKLBHYXOMUIA"

func TestGetByHash(t *testing.T) {
	s := share(t, map[string]string{"Größe 1.txt": "abc"}, Config{})
	p := s.dial()
	for _, target := range []string{
		n2r("abc"),
		"/uri-res/N2R?urn:sha1:vgmt4nsha2awvor6evyxqugcnsonbwe5",
		"/uri-res/N2R?urn%3Asha1%3AVGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5",
		"/uri-res/N2R?urn:bitprint:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5." + abcTiger,
		fmt.Sprintf("/get/%d/Gr%%C3%%B6%%C3%%9Fe%%201.txt", s.id("abc")),
		fmt.Sprintf("/get/%d/Gr%%C3%%B6%%C3%%9Fe%%201.txt/", s.id("abc")),
	} {
		p.get(target)
		res := p.want(http.StatusOK)
		if res.content != "abc" {
			t.Errorf("%s gave %q", target, res.content)
		}
		for name, want := range map[string]string{
			"Server":                 "filbert/0.1",
			"Content-Type":           "application/octet-stream",
			"Content-Length":         "3",
			"Accept-Ranges":          "bytes",
			"Content-Disposition":    "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.txt",
			"X-Gnutella-Content-Urn": "urn:sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5",
			"Content-Range":          "",
			"Content-Encoding":       "",
			"Transfer-Encoding":      "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", target, name, got, want)
			}
		}
		if when, err := http.ParseTime(res.Header.Get("Last-Modified")); err != nil || when.IsZero() {
			t.Errorf("%s: Last-Modified %q", target, res.Header.Get("Last-Modified"))
		}
	}
	if err := s.Shutdown(t.Context()); err != nil { // an answer may be here before it is counted
		t.Fatal(err)
	}
	stats := s.Stats()
	if stats.Answers[http.StatusOK] != 6 || stats.Bytes != 18 || len(stats.Refused) != 0 {
		t.Errorf("counted %+v", stats)
	}
}

func TestRanges(t *testing.T) {
	s := share(t, map[string]string{"f": thousand}, Config{})
	p := s.dial() // one connection for all: refusals of ranges keep it
	for _, test := range []struct {
		header, contentRange string
		status               int
		content              string
	}{
		{"bytes=0-", "bytes 0-999/1000", 206, thousand},
		{"bytes=-1", "bytes 999-999/1000", 206, "9"},
		{"bytes=-5000", "bytes 0-999/1000", 206, thousand},
		{"bytes=990-2000", "bytes 990-999/1000", 206, "0123456789"},
		{"bytes=1000-", "bytes */1000", 416, ""},
		{"bytes=0-0", "bytes 0-0/1000", 206, "0"},
		{"bytes=-0", "bytes */1000", 416, ""},
		{"bytes=5-1", "", 400, ""},
		{"bytes=x", "", 400, ""},
		{"items=0-1", "", 400, ""},
		{"bytes=3-5,10-12", "bytes 3-5/1000", 206, "345"},
		{" bytes = 3 - 5 ", "bytes 3-5/1000", 206, "345"},
		{"bytes=0-18446744073709551616", "bytes 0-999/1000", 206, thousand},
		{"", "", 200, thousand},
	} {
		p.get(n2r(thousand), "Range: "+test.header)
		res := p.want(test.status)
		if got := res.Header.Get("Content-Range"); got != test.contentRange {
			t.Errorf("%q: Content-Range %q, want %q", test.header, got, test.contentRange)
		}
		if test.status < 300 && res.content != test.content {
			t.Errorf("%q gave %d bytes %.20q, want %d", test.header, len(res.content), res.content, len(test.content))
		}
		if res.Header.Get("X-Gnutella-Content-URN") == "" || res.Close {
			t.Errorf("%q: header %v, closed %v", test.header, res.Header, res.Close)
		}
	}
}

func TestHead(t *testing.T) {
	s := share(t, map[string]string{"f": thousand}, Config{})
	p := s.dial()
	p.get("/") // first answers say more
	p.want(http.StatusOK)
	for _, lines := range [][]string{nil, {"Range: bytes=10-19"}, {"Range: bytes=1000-"}} {
		p.send(append([]string{"HEAD " + n2r(thousand) + " HTTP/1.1", "Host: x"}, lines...)...)
		head, err := p.read(http.MethodHead)
		if err != nil {
			t.Fatal(err)
		}
		p.get(n2r(thousand), lines...)
		get := p.want(head.StatusCode)
		head.Header.Del("Date")
		get.Header.Del("Date")
		if head.content != "" || fmt.Sprint(head.Header) != fmt.Sprint(get.Header) {
			t.Errorf("%q: HEAD says\n%v, GET\n%v", lines, head.Header, get.Header)
		}
	}
}

func TestIndexMeansLittle(t *testing.T) {
	s := share(t, map[string]string{"one": "abc", "two": "xyz"}, Config{})
	one, two := s.id("abc"), s.id("xyz")
	p := s.dial()
	sha1 := "X-Gnutella-Content-URN: " + strings.TrimPrefix(n2r("abc"), pathN2R+"?")
	for _, test := range []struct {
		target string
		lines  []string
		status int
	}{
		{fmt.Sprintf("/get/%d/one", one), nil, 200},
		{fmt.Sprintf("/get/%d/two", one), nil, 404}, // the index was given to another file
		{fmt.Sprintf("/get/%d/", one), nil, 404},
		{fmt.Sprintf("/get/%d", one), nil, 404},
		{"/get/4294967295/one", nil, 404},
		{"/get/4294967296/one", nil, 404},
		{"/get/x/one", nil, 404},
		{"/get/", nil, 404},
		{fmt.Sprintf("/get/%d/whatever", one), []string{sha1}, 200},
		{fmt.Sprintf("/get/%d/one", two), []string{sha1}, 301},
		{"/get/999/one", []string{sha1}, 301},
		{"/get/999/one", []string{"X-Gnutella-Content-URN: urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}, 404},
		{fmt.Sprintf("/get/%d/one", one), []string{"X-Gnutella-Content-URN: urn:sha1:short"}, 400},
	} {
		p.Close()
		p = s.dial()
		p.get(test.target, test.lines...)
		res := p.want(test.status)
		if test.status == http.StatusMovedPermanently && res.Header.Get("Location") != n2r("abc") {
			t.Errorf("%s: Location %q, want %q", test.target, res.Header.Get("Location"), n2r("abc"))
		}
		if test.status == http.StatusOK && res.content != "abc" {
			t.Errorf("%s gave %q", test.target, res.content)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := share(t, map[string]string{"f": "abc"}, Config{})
	for _, test := range []struct {
		request string // "\r\n" between lines, without the empty line
		status  int
		reason  Reason
		closed  bool
	}{
		{"GET " + n2r("never") + " HTTP/1.1\r\nHost: x", 404, RefusedUnknown, false},
		{"GET /uri-res/N2R?urn:sha1:short HTTP/1.1\r\nHost: x", 400, RefusedURN, false},
		{"GET /uri-res/N2R?urn:sha1:%zz HTTP/1.1\r\nHost: x", 400, RefusedURN, false},
		{"GET /uri-res/N2R?urn:md5:00 HTTP/1.1\r\nHost: x", 404, RefusedUnknown, false},
		{"GET /uri-res/N2R?urn:tree:tiger:" + abcTiger + " HTTP/1.1\r\nHost: x", 404, RefusedUnknown, false},
		{"GET /uri-res/N2R HTTP/1.1\r\nHost: x", 404, RefusedUnknown, false},
		{"GET /uri-res/../etc/passwd HTTP/1.1\r\nHost: x", 404, RefusedUnknown, false},
		{"GET /favicon.ico HTTP/1.1\r\nHost: x", 404, RefusedUnknown, false},
		{"POST / HTTP/1.1\r\nHost: x", 405, RefusedMethod, true},
		{"OPTIONS * HTTP/1.1\r\nHost: x", 405, RefusedMethod, true},
		{"CONNECT x:80 HTTP/1.1\r\nHost: x", 405, RefusedMethod, true},
		{"BREW / HTTP/1.1\r\nHost: x", 501, RefusedUnknownMethod, true},
		{"GET " + n2r("abc") + " HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nabc", 400, RefusedBody, true},
		{"GET " + n2r("abc") + " HTTP/1.1\r\nHost: x\r\nConnection: close", 200, Granted, true},
		{"GET " + n2r("abc") + " HTTP/1.0", 200, Granted, true},
		{"GET " + n2r("abc") + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0", 200, Granted, false},
		{"GET " + n2r("abc") + " HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade", 200, Granted, false},
		{"GET / HTTP/1.1\r\nHost: x", 200, Granted, false},
	} {
		before := s.Stats().Refused[test.reason]
		p := s.dial()
		p.send(test.request)
		if res := p.want(test.status); res.Header.Get("Server") != "filbert/0.1" {
			t.Errorf("%q: header %v", test.request, res.Header)
		}
		if test.closed {
			p.wantClosed()
		} else {
			p.get("/")
			p.want(http.StatusOK)
		}
		if after := s.Stats().Refused[test.reason]; test.reason != Granted && after != before+1 {
			t.Errorf("%q: %d more refused as %q, want 1", test.request, after-before, test.reason)
		}
	}
}

func TestPage(t *testing.T) {
	s := share(t, map[string]string{"f": "abc", "g": "xyz"}, Config{})
	p := s.dial()
	p.get("/")
	if res := p.want(http.StatusOK); res.content != "filbert/0.1 shares 2 files\n" {
		t.Errorf("page %q", res.content)
	}
}

func TestTenErrorsInARow(t *testing.T) {
	s := share(t, map[string]string{"f": "abc"}, Config{})
	p := s.dial()
	for range 2 { // a success in between forgives
		for range maxErrors - 1 {
			p.get("/none")
			p.want(http.StatusNotFound)
		}
		p.get("/")
		p.want(http.StatusOK)
	}
	for range maxErrors {
		p.get("/none")
		p.want(http.StatusNotFound)
	}
	p.wantClosed()
}

func TestGoneAndChanged(t *testing.T) {
	s := share(t, map[string]string{"f": "abc", "g": "xyz"}, Config{})
	p := s.dial()
	put(t, filepath.Join(s.dir, "f"), "other")
	p.get(n2r("abc"))
	res := p.want(http.StatusServiceUnavailable)
	if res.Header.Get("Retry-After") != "60" || s.Stats().Refused[RefusedChanged] != 1 {
		t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
	}
	s.await(func() bool { _, err := s.lib.BySHA1(sum("other")); return err == nil })

	p = s.dial()
	p.get(n2r("abc"))
	p.want(http.StatusGone)
	p.get(n2r("other"))
	if res := p.want(http.StatusOK); res.content != "other" {
		t.Errorf("the changed file gave %q", res.content)
	}

	if err := os.Remove(filepath.Join(s.dir, "g")); err != nil {
		t.Fatal(err)
	}
	p.get(n2r("xyz"))
	p.want(http.StatusServiceUnavailable)
	s.await(func() bool { _, err := s.lib.BySHA1(sum("xyz")); return err == library.ErrGone })
	p = s.dial()
	p.get(n2r("xyz"))
	p.want(http.StatusGone)
}

func TestEscapeExtended(t *testing.T) {
	for in, want := range map[string]string{
		"a-b.c_d~9":      "a-b.c_d~9",
		`x"; y='1'*%`:    "x%22%3B%20y%3D%271%27%2A%25",
		"Größe":          "Gr%C3%B6%C3%9Fe",
		"\r\nSet-Cookie": "%0D%0ASet-Cookie",
	} {
		if got := escapeExtended(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for r := range numReasons {
		if r.String() == "" || seen[r.String()] {
			t.Errorf("reason %d is called %q, as another or not at all", r, r)
		}
		seen[r.String()] = true
	}
	if got := Reason(0x42).String(); got != "Reason(0x42)" {
		t.Errorf("an unknown reason prints %q", got)
	}
}
