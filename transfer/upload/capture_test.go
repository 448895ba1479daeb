package upload

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"testing"
)

// captured is the content of the files in the captures: SHA-256 of "seed:0",
// "seed:1" and so on, cut to size.
func captured(seed string, size int) string {
	var b []byte
	for i := 0; len(b) < size; i++ {
		block := sha256.Sum256(fmt.Appendf(nil, "%s:%d", seed, i))
		b = append(b, block[:]...)
	}
	return string(b[:size])
}

// TestCapturedRequests replays what gtk-gnutella 1.2.3 sent.
func TestCapturedRequests(t *testing.T) {
	small, medium := captured("alpha-small", 5000), captured("bravo-medium", 300000)
	s := share(t, map[string]string{"interop alpha small.bin": small, "interop bravo medium.bin": medium}, Config{})

	replay := func(file string) *peer {
		t.Helper()
		request, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := s.dial()
		if _, err := p.Write(request); err != nil {
			t.Fatal(err)
		}
		return p
	}

	p := replay("testdata/gtk-gnutella-get.bin")
	res := p.want(http.StatusOK)
	if res.content != small {
		t.Error("the whole file came over wrong")
	}
	if got := res.Header.Get(headerURN); got != "urn:sha1:B5DPAQQV2LQAG5IGEMC5FTP267BABMZQ" {
		t.Errorf("its name is %q", got)
	}

	p = replay("testdata/gtk-gnutella-ranges.bin") // three at once
	for _, want := range []struct {
		contentRange string
		from, to     int
	}{
		{"bytes 0-65535/300000", 0, 65536}, {"bytes 65536-131071/300000", 65536, 131072}, {"bytes 131072-299999/300000", 131072, 300000},
	} {
		res := p.want(http.StatusPartialContent)
		if res.Header.Get("Content-Range") != want.contentRange || res.content != medium[want.from:want.to] {
			t.Errorf("%s came over wrong: %s", want.contentRange, res.Header.Get("Content-Range"))
		}
	}
}
