package crawl

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func parse(text string) (answer, error) {
	return readAnswer(bufio.NewReader(strings.NewReader(text)), now)
}

func TestHello(t *testing.T) {
	b := hello("filbert/1", wire.GUID{1}, netip.MustParseAddr("192.0.2.1"))
	if !handshake.IsHello(string(b)) || !bytes.Contains(b, []byte("\r\nCrawler: 0.1\r\n")) || !bytes.HasSuffix(b, []byte("\r\n\r\n")) {
		t.Errorf("hello %q", b)
	}
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"gtk-gnutella": {"GNUTELLA/0.6 200 OK\r\nUser-Agent: gtk-gnutella/1.2.3\r\nX-Ultrapeer: True\r\nPeers: 203.0.113.9:6346, 203.0.113.10:7000\r\nLeaves: 192.0.2.200:6347\r\nX-Live-Since: Thu, 01 Jan 2026 03:04:05 GMT\r\n\r\n",
			"200 OK true ultrapeer gtk-gnutella/1.2.3 24h0m0s [{203.0.113.9:6346 } {203.0.113.10:7000 }] [{192.0.2.200:6347 }]"},
		"LimeWire":      {"GNUTELLA/0.6 593 Hi\r\nPeers: 203.0.113.9:6346\r\nPeers:[2001:db8::5]:6347,nobody, 1.2.3.4:0,203.0.113.1:7 x\r\n\r\n", "593 Hi true unknown  0s [{203.0.113.9:6346 } {[2001:db8::5]:6347 } {203.0.113.1:7 }] []"},
		"no neighbors":  {"GNUTELLA/0.6 200 OK\r\nX-Ultrapeer: False\r\nPeers:\r\n\r\n", "200 OK true leaf  0s [] []"},
		"knows none":    {"GNUTELLA/0.6 200 OK\nX-Ultrapeer: true\n\n", "200 OK false ultrapeer  0s [] []"},
		"refuses":       {"GNUTELLA/0.6 503 Full up\r\nUser-Agent: x\r\n\r\n", "503 Full up false unknown x 0s [] []"},
		"in the future": {"GNUTELLA/0.6 200 OK\r\nX-Live-Since: Thu, 01 Jan 2027 03:04:05 GMT\r\n\r\n", "200 OK false unknown  0s [] []"},
	} {
		a, err := parse(test.text)
		r := a.report
		if got := fmt.Sprintf("%d %s %v %s %s %v %v %v", a.code, a.text, a.lists, r.Role, r.Agent, r.Uptime, r.Ultrapeers, r.Leaves); err != nil || got != test.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, test.want)
		}
	}
	for _, bad := range []string{"", "HTTP/1.1 200 OK\r\n\r\n", "GNUTELLA/0.6 OK\r\n\r\n", "GNUTELLA/0.6 200 OK\r\nno header\r\n\r\n", "GNUTELLA/0.6 200 OK\r\nA: b\r\n"} {
		if a, err := parse(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, a)
		}
	}
}

func TestAnswerBounds(t *testing.T) {
	const status = "GNUTELLA/0.6 200 OK\r\n"
	for n := maxLines - 2; n <= maxLines; n++ {
		if _, err := parse(status + strings.Repeat("A: b\r\n", n) + "\r\n"); (err == nil) != (n < maxLines) {
			t.Errorf("%d lines: %v", n, err)
		}
	}
	for n := maxFirstLine - 1; n <= maxFirstLine+1; n++ {
		line := "GNUTELLA/0.6 200 "
		if _, err := parse(line + strings.Repeat("x", n-len(line)-1) + "\n\n"); (err == nil) != (n <= maxFirstLine) {
			t.Errorf("a first line of %d bytes: %v", n, err)
		}
	}
	if _, err := parse(status + "A: " + strings.Repeat("x", maxBlock) + "\r\n\r\n"); err == nil {
		t.Error("a block above its bound is read")
	}
	list := strings.TrimSuffix(strings.Repeat("203.0.113.9:7000,", maxListed+1), ",")
	if got := parseList(nil, list); len(got) != maxListed {
		t.Errorf("%d of %d neighbors taken", len(got), maxListed+1)
	}
}

// FuzzAnswer feeds anything as the answer to our hello.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("GNUTELLA/0.6 200 OK\r\nUser-Agent: x\r\nPeers: 203.0.113.9:6346\r\nLeaves: [::1]:5\r\nX-Live-Since: Thu, 01 Jan 2026 03:04:05 GMT\r\n\r\n"))
	f.Add([]byte("GNUTELLA/0.6 593 Hi\n\n"))
	f.Add(captured(f, "crawler"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readAnswer(bufio.NewReader(bytes.NewReader(data)), now)
		if err != nil {
			return
		}
		if a.code < 100 || a.code > 999 || len(a.report.Agent) > maxBlock || a.report.Uptime < 0 {
			t.Fatalf("%+v", a)
		}
		for _, l := range append(a.report.Ultrapeers, a.report.Leaves...) {
			if !l.Addr.IsValid() || l.Addr.Port() == 0 {
				t.Fatalf("neighbor %v", l.Addr)
			}
		}
		if len(a.report.Ultrapeers) > maxListed || len(a.report.Leaves) > maxListed {
			t.Fatal("too many neighbors")
		}
	})
}
