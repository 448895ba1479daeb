package conform

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"strings"
)

// unknownSHA1 is a hash that no file has.
const unknownSHA1 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

var httpCases = []Case{
	{
		Name: "http/unknown", Checks: "an unknown URN is answered 404, with Server or User-Agent and a length", Source: "transfer.md §1; gtk-gnutella.md HTTP",
		run: func(t *trial) {
			r := t.get("GET", n2r(unknownSHA1))
			t.check(r.code() == 404, "404", "%s", r.first)
			_, server := r.get("Server")
			_, agent := r.get("User-Agent")
			t.check(server || agent, "a Server header: gtk-gnutella fetches from nobody without", "none")
		},
	},
	{
		Name: "http/malformed-urn", Checks: "a malformed URN is answered 400 or 404", Source: "transfer.md §1 status codes",
		run: func(t *trial) {
			r := t.get("GET", "/uri-res/N2R?urn:sha1:TOOSHORT")
			t.check(r.code() == 400 || r.code() == 404, "400 or 404", "%s", r.first)
		},
	},
	{
		Name: "http/traversal", Checks: "paths that lead out of what is shared lead nowhere", Source: "THREATS T14",
		run: func(t *trial) {
			for _, path := range []string{"/../../../../etc/passwd", "/get/0/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/get/1/..%2f..%2fetc%2fpasswd"} {
				r := t.get("GET", path)
				t.check(r.code() >= 300, "a refusal of "+path, "%s", r.first)
			}
		},
	},
	{
		Name: "http/host", Checks: "a request of HTTP/1.1 without Host is answered 400", Source: "transfer.md §1; gtk-gnutella.md HTTP",
		run: func(t *trial) {
			c := t.dial()
			c.say("GET "+n2r(unknownSHA1)+" HTTP/1.1", "User-Agent: "+agent)
			c.refused(false, 400)
		},
	},
	{
		Name: "http/1.0", Checks: "a request of HTTP/1.0 is answered and the connection closed", Source: "gtk-gnutella.md HTTP",
		run: func(t *trial) {
			c := t.dial()
			c.say("GET "+n2r(unknownSHA1)+" HTTP/1.0", "User-Agent: "+agent)
			b := c.block("an HTTP answer")
			t.check(b.code() == 404, "404", "%s", b.first)
			c.ends(t.cfg.Timeout)
		},
	},
	{
		Name: "http/method", Checks: "methods that change things are refused", Source: "transfer.md §1; gtk-gnutella.md HTTP",
		run: func(t *trial) {
			c := t.dial()
			c.say("DELETE "+n2r(unknownSHA1)+" HTTP/1.1", "Host: "+t.cfg.Addr.String(), "User-Agent: "+agent)
			c.refused(true)
		},
	},
	{
		Name: "http/two-lengths", Checks: "a request with two lengths is refused", Source: "THREATS T15; RFC 9112 §6.3",
		run: func(t *trial) { refusedHTTP(t, "Content-Length: 0", "Content-Length: 5") },
	},
	{
		Name: "http/length-and-chunks", Checks: "a request with a length and chunks is refused", Source: "THREATS T15; RFC 9112 §6.3",
		run: func(t *trial) { refusedHTTP(t, "Content-Length: 5", "Transfer-Encoding: chunked") },
	},
	{
		Name: "http/large-head", Checks: "a request head above 64 KiB is refused", Source: "THREATS T15",
		run: func(t *trial) {
			var headers []string
			for i := range 70 {
				headers = append(headers, fmt.Sprintf("X-Conform-%d: %s", i, strings.Repeat("x", 1000)))
			}
			refusedHTTP(t, headers...)
		},
	},
	{
		Name: "http/get", Checks: "a file is sent by its URN: all bytes, which have that hash", Source: "transfer.md §1",
		run: func(t *trial) {
			body := t.file()
			sum := sha1.Sum(body)
			want, _ := decodeSHA1(t.cfg.URN)
			t.check(sum == want, "bytes of that SHA-1", "%d bytes of %x", len(body), sum)
		},
	},
	{
		Name: "http/content-urn", Checks: "X-Gnutella-Content-URN names the file that was asked for", Source: "transfer.md §1; gtk-gnutella.md HTTP",
		run: func(t *trial) {
			t.needFile(false, true)
			r := t.dial().request("HEAD", n2r(t.cfg.URN)) // it may be told once in a connection
			t.check(r.code() == 200, "200", "%s", r.first)
			v, ok := r.get("X-Gnutella-Content-URN")
			if !ok {
				t.notOffered("its answer has no X-Gnutella-Content-URN")
			}
			t.check(strings.Contains(strings.ToUpper(v), t.cfg.URN), urnSHA1+t.cfg.URN, "%q", v)
		},
	},
	{
		Name: "http/head", Checks: "HEAD tells the length that GET sends, and has no body", Source: "transfer.md §1",
		run: func(t *trial) {
			body := t.file()
			r := t.get("HEAD", n2r(t.cfg.URN))
			t.check(r.code() == 200 && r.length() == int64(len(body)), fmt.Sprintf("200 and %d bytes", len(body)), "%s and %d", r.first, r.length())
			again := t.get("HEAD", n2r(t.cfg.URN))
			t.check(again.code() == 200, "another answer on the same connection", "%s", again.first)
		},
	},
	{
		Name: "http/lower-case", Checks: "a URN in lower case is the same URN", Source: "transfer.md §1: base32 case-insensitive",
		run: func(t *trial) {
			t.needFile(false, true)
			r := t.get("HEAD", n2r(strings.ToLower(t.cfg.URN)))
			t.check(r.code() == 200, "200", "%s", r.first)
		},
	},
	{
		Name: "http/keep-alive", Checks: "one connection serves one request after the other, 404 in between", Source: "transfer.md §2",
		run: func(t *trial) {
			t.needFile(false, true)
			c := t.dial()
			for i, target := range []string{n2r(t.cfg.URN), n2r(unknownSHA1), n2r(t.cfg.URN)} {
				r := c.request("HEAD", target)
				want := []int{200, 404, 200}[i]
				t.check(r.code() == want, fmt.Sprint(want), "%s", r.first)
				t.check(i == 2 || !r.closes, "a connection that stays", "Connection: close")
			}
		},
	},
	{
		Name: "http/close", Checks: "Connection: close in a request closes", Source: "transfer.md §2",
		run: func(t *trial) {
			c := t.dial()
			c.request("GET", n2r(unknownSHA1), "Connection: close")
			c.ends(t.cfg.Timeout)
		},
	},
	rangeCase("http/range", "the first 10 bytes", "bytes=0-9", func(n int) (int, int) { return 0, 9 }),
	rangeCase("http/range-byte", "one byte", "bytes=3-3", func(n int) (int, int) { return 3, 3 }),
	rangeCase("http/range-last", "the last byte by its place", "bytes=LAST-LAST", func(n int) (int, int) { return n - 1, n - 1 }),
	rangeCase("http/range-open", "an open range to the end", "bytes=7-", func(n int) (int, int) { return 7, n - 1 }),
	rangeCase("http/range-suffix", "the last 5 bytes", "bytes=-5", func(n int) (int, int) { return n - 5, n - 1 }),
	rangeCase("http/range-long-suffix", "more last bytes than there are, which is all", "bytes=-99999999", func(n int) (int, int) { return 0, n - 1 }),
	rangeCase("http/range-beyond", "a range that ends behind the end is cut", "bytes=5-99999999", func(n int) (int, int) { return 5, n - 1 }),
	rangeCase("http/range-several", "of several ranges the first", "bytes=2-4,6-7", func(n int) (int, int) { return 2, 4 }),
	rangeCase("http/range-spaces", "blanks in a range are borne", "bytes = 1 - 4", func(n int) (int, int) { return 1, 4 }),
	{
		Name: "http/416", Checks: "a range behind the end is answered 416 with the size, and the connection stays", Source: "transfer.md §2; RFC 9110 §14.4",
		run: func(t *trial) {
			body := t.file()
			r := t.get("GET", n2r(t.cfg.URN), fmt.Sprintf("Range: bytes=%d-", len(body)))
			t.check(r.code() == 416, "416", "%s", r.first)
			v, _ := r.get("Content-Range")
			t.check(v == fmt.Sprintf("bytes */%d", len(body)), fmt.Sprintf("Content-Range: bytes */%d", len(body)), "%q", v)
			t.check(!r.closes, "a connection that stays", "Connection: close")
		},
	},
	{
		Name: "http/range-wrong", Checks: "a range that is none is answered 400, or by the whole file", Source: "transfer.md §2; RFC 9110 §14.2",
		run: func(t *trial) {
			body := t.file()
			r := t.get("GET", n2r(t.cfg.URN), "Range: bytes=9-2")
			whole := r.code() == 200 && bytes.Equal(r.body, body)
			t.check(whole || r.code() == 400 || r.code() == 416, "400, 416 or the whole file", "%s, %d bytes", r.first, len(r.body))
		},
	},
	{
		Name: "http/upgrade", Checks: "an offered upgrade is ignored or answered 101, never an error", Source: "gtk-gnutella.md HTTP; transfer.md §1",
		run: func(t *trial) {
			t.needFile(false, true)
			c := t.dial()
			c.say("HEAD "+n2r(t.cfg.URN)+" HTTP/1.1", "Host: "+t.cfg.Addr.String(), "Upgrade: TLS/1.0", "Connection: Upgrade")
			b := c.block("an HTTP answer")
			t.check(b.code() == 200 || b.code() == 101, "200 or 101", "%s", b.first)
		},
	},
}

// n2r is the path of a file by its hash.
func n2r(sha1 string) string { return "/uri-res/N2R?" + urnSHA1 + sha1 }

// file fetches the named file whole, once for all cases.
func (t *trial) file() []byte {
	t.needFile(false, true)
	if t.content == nil {
		r := t.get("GET", n2r(t.cfg.URN))
		t.check(r.code() == 200, "200 and the file", "%s", r.first)
		t.content = r.body
	}
	if len(t.content) < minFile {
		t.notOffered("the file it shares has only %d bytes", len(t.content))
	}
	return t.content
}

const minFile = 16 // bytes that the ranges of the cases need

// rangeCase asks for a range and compares what comes with the same part of the
// file, from its first to its last byte.
func rangeCase(name, checks, ask string, part func(n int) (first, last int)) Case {
	return Case{Name: name, Checks: "answered 206 with exact Content-Range and bytes: " + checks, Source: "transfer.md §2, vectors", run: func(t *trial) {
		body := t.file()
		first, last := part(len(body))
		r := t.get("GET", n2r(t.cfg.URN), "Range: "+strings.ReplaceAll(ask, "LAST", fmt.Sprint(len(body)-1)))
		t.check(r.code() == 206, "206", "%s", r.first)
		v, _ := r.get("Content-Range")
		want := fmt.Sprintf("bytes %d-%d/%d", first, last, len(body))
		t.check(v == want, "Content-Range: "+want, "%q", v)
		t.check(bytes.Equal(r.body, body[first:last+1]), "those bytes of the file", "%d bytes, others", len(r.body))
	}}
}

// refusedHTTP sends a request with headers that make it one to refuse.
func refusedHTTP(t *trial, headers ...string) {
	c := t.dial()
	lines := []string{"GET " + n2r(unknownSHA1) + " HTTP/1.1", "Host: " + t.cfg.Addr.String(), "User-Agent: " + agent}
	c.say(append(lines, headers...)...)
	c.refused(true, 400, 403, 411, 413, 431, 501)
}
