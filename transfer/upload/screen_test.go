package upload

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// headers is a request with n header lines.
func headers(n int) string {
	var b strings.Builder
	b.WriteString("GET / HTTP/1.1\r\nHost: x\r\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "X-%d: y\r\n", i)
	}
	return b.String() + "\r\n"
}

func TestScreen(t *testing.T) {
	const get = "GET / HTTP/1.1\r\n"
	for _, test := range []struct {
		in   string
		want error
	}{
		{get + "Host: x\r\n\r\n", nil},
		{get + "\r\n", nil},
		{get + "Host: x\r\n\r\n" + get + "Host: y\r\n\r\n", nil},
		{get + "Content-Length: 0\r\n\r\n", nil},
		{get + "Content-Length: 0\r\n\r\n" + get + "Content-Length: 0\r\n\r\n", nil},
		{get + "Content-Length-Of-X: 0\r\nContent-Length: 0\r\n\r\n", nil},
		{get + "X: Transfer-Encoding: chunked\r\n\r\n", nil},
		{get + "Transfer-Encoding-X: y\r\n\r\n", nil},
		{get + "NoColon\r\n\r\n", nil}, // net/http refuses that
		{headers(maxHeaderLines - 1), nil},
		{headers(maxHeaderLines), nil},
		{headers(maxHeaderLines) + headers(maxHeaderLines), nil},

		{"GET / HTTP/1.1\nHost: x\r\n\r\n", errBareEOL},
		{get + "Host: x\n\r\n", errBareEOL},
		{get + "Host: x\r\n\n", errBareEOL},
		{get + "Host: x\r\r\n\r\n", errBareEOL},
		{get + "Host: x\rY: z\r\n\r\n", errBareEOL},
		{"\n" + get, errBareEOL},
		{get + "Host: x\x00y\r\n\r\n", errControl},
		{"\r\n" + get + "\r\n", errBlankLine},
		{get + "Host: x\r\n\r\n\r\n", errBlankLine},
		{get + "Host: x\r\n y\r\n\r\n", errFolded},
		{get + "Host: x\r\n\ty\r\n\r\n", errFolded},
		{get + " Host: x\r\n\r\n", errFolded},
		{get + "Content-Length: 0\r\ncontent-length: 0\r\n\r\n", errTwoLengths},
		{get + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", errTwoLengths},
		{get + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", errEncoding},
		{get + "TRANSFER-encoding: identity\r\n\r\n", errEncoding},
		{headers(maxHeaderLines + 1), errTooMany},
	} {
		n, err := new(screen).check([]byte(test.in))
		if !errors.Is(err, test.want) || (err == nil) != (n == len(test.in)) {
			t.Errorf("%.80q: %d bytes pass, %v; want %v", test.in, n, err, test.want)
		}
		var s screen // byte by byte it says the same
		passed := 0
		for _, c := range []byte(test.in) {
			if _, err = s.check([]byte{c}); err != nil {
				break
			}
			passed++
		}
		if !errors.Is(err, test.want) || passed != n {
			t.Errorf("%.80q byte by byte: %d bytes pass, %v; want %d, %v", test.in, passed, err, n, test.want)
		}
	}
}

// FuzzScreen compares the screen with the plainest reading of what it promises,
// and wants net/http to find exactly the requests that are there.
func FuzzScreen(f *testing.F) {
	f.Add([]byte("GET /uri-res/N2R?urn:sha1:B5DPAQQV2LQAG5IGEMC5FTP267BABMZQ HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.0\r\n\r\n"))
	f.Add([]byte("GET / HTTP/1.1\nHost: x\n\n"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n folded\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
	f.Add([]byte(headers(maxHeaderLines + 1)))
	stray := regexp.MustCompile(`\x00|\r[^\n]|\r$|(^|[^\r])\n`)
	forbidden := regexp.MustCompile(`(?i)^transfer-encoding:|^[ \t]`)
	length := regexp.MustCompile(`(?i)^content-length:`)
	f.Fuzz(func(t *testing.T, in []byte) {
		n, err := new(screen).check(in)
		if n > len(in) || (err == nil) != (n == len(in)) {
			t.Fatalf("%d of %d bytes pass, %v", n, len(in), err)
		}
		end := bytes.LastIndex(in[:n], []byte("\r\n\r\n"))
		if end < 0 {
			return
		}
		passed := string(in[:end+4])
		if stray.MatchString(passed) {
			t.Errorf("%q passed", passed)
		}
		heads := strings.Split(strings.TrimSuffix(passed, "\r\n\r\n"), "\r\n\r\n")
		for _, head := range heads {
			lines := strings.Split(head, "\r\n")
			lengths := 0
			for _, line := range lines[1:] {
				if forbidden.MatchString(line) {
					t.Errorf("%q passed", line)
				}
				if length.MatchString(line) {
					lengths++
				}
			}
			if lines[0] == "" || lengths > 1 || len(lines)-1 > maxHeaderLines {
				t.Errorf("%q passed", head)
			}
		}
		r := bufio.NewReader(strings.NewReader(passed))
		for _, head := range heads {
			req, err := http.ReadRequest(r)
			if err != nil || req.ContentLength != 0 {
				return // refused by net/http or by the handler: the connection ends
			}
			if !strings.HasPrefix(head, req.Method+" ") {
				t.Errorf("net/http reads %q where %q begins", req.Method, head)
			}
		}
	})
}
