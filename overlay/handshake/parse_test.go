package handshake

import (
	"bufio"
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRealBlocks reads what gtk-gnutella sends.
func TestRealBlocks(t *testing.T) {
	for file, check := range map[string]func(p *Peer) bool{
		"ultrapeer-hello": func(p *Peer) bool {
			return p.Role == RoleUltrapeer && p.Listen == netip.MustParseAddrPort("203.0.113.2:6347") && p.Degree == 25 &&
				p.MaxTTL == 4 && p.UltrapeerQueryRouting == Version{0, 1} && p.ExtProbes == Version{0, 1} && p.Guess == Version{0, 2}
		},
		"ultrapeer-answer": func(p *Peer) bool {
			return p.Role == RoleUltrapeer && p.Guidance == GuidanceUltrapeer && p.RemoteIP == netip.MustParseAddr("203.0.113.2") &&
				p.DynamicQuerying == Version{0, 1} && p.VendorMessage == Version{0, 2}
		},
		"leaf-hello": func(p *Peer) bool {
			return p.Role == RoleLeaf && p.QueryRouting == Version{0, 2} && !p.Requeries && p.Features["sflag"] == Version{0, 1}
		},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "gtk-gnutella-1.2.3-"+file+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(bytes.NewReader(data))
		if _, err := readLine(r, maxFirstLine); err != nil {
			t.Fatal(err)
		}
		h, err := readHeaders(r)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if p := parsePeer(&h); !check(p) || !strings.HasPrefix(p.Agent, "gtk-gnutella/") || p.GUID.IsZero() {
			t.Errorf("%s is read as %+v", file, p)
		}
	}
}

func TestParseHosts(t *testing.T) {
	for list, want := range map[string]string{
		"":                                   "",
		"203.0.113.9:6346":                   "203.0.113.9:6346",
		"192.0.2.200":                        "192.0.2.200:6346",
		"[2001:db8::5]:6347,[2001:db8::6]":   "[2001:db8::5]:6347, [2001:db8::6]:6346",
		"2001:db8::5":                        "[2001:db8::5]:6346",
		"203.0.113.7:80":                     "",
		"203.0.113.7:1024, 203.0.113.7:0":    "203.0.113.7:1024",
		"203.0.113.7:70000":                  "",
		"host.example:6346":                  "",
		" 203.0.113.9:6346 2026-01-01T00:00": "203.0.113.9:6346",
		"[203.0.113.9":                       "",
		"fe80::1%eth0":                       "",
		"::ffff:203.0.113.9":                 "203.0.113.9:6346",
	} {
		if got := formatHosts(parseHosts(list, maxTry), maxList); got != want {
			t.Errorf("%q is read as %q, want %q", list, got, want)
		}
	}
	long := strings.Repeat("203.0.113.9:6346,", 1000)
	if got := len(parseHosts(long, maxTry)); got != maxTry {
		t.Errorf("a list of 1000 gave %d hosts, want %d", got, maxTry)
	}
}

func TestHeaders(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("A: 1\r\na: 2\nLong: begins\r\n\tgoes on\r\nEmpty:\r\n\r\nrest"))
	h, err := readHeaders(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "1, 2", "LONG": "begins goes on", "Empty": "", "Absent": ""} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if rest, _ := r.Peek(4); string(rest) != "rest" {
		t.Errorf("what follows the block is %q", rest)
	}
}

func TestAgentWithControlsIsNotSent(t *testing.T) {
	if err := (Offer{Agent: "a\r\nX-Ultrapeer: False"}).check(); err == nil {
		t.Error("an agent that breaks the block was taken")
	}
}

// FuzzBlock feeds anything to the readers: what they take fits the limits, and
// what was read is read again alike.
func FuzzBlock(f *testing.F) {
	files, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("GNUTELLA/0.6 503 Full\nX-Try: 1.2.3.4, [::1]:5000, x\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReader(bytes.NewReader(data))
		line, err := readLine(r, maxFirstLine)
		if err != nil {
			return
		}
		if len(line) > maxFirstLine {
			t.Fatalf("first line of %d bytes", len(line))
		}
		if code, text, err := parseStatus(line); err == nil && (code < 100 || code > 999 || len(text) > maxText) {
			t.Fatalf("status %d with %d bytes", code, len(text))
		}
		h, err := readHeaders(r)
		if err != nil {
			return
		}
		block := h.appendTo(nil)
		if len(block) > 2*maxBlock+4*maxLines || h.Len() > maxLines {
			t.Fatalf("%d headers in %d bytes", h.Len(), len(block))
		}
		again, err := readHeaders(bufio.NewReader(bytes.NewReader(block)))
		if err != nil && len(block) <= maxBlock {
			t.Fatalf("what we read we cannot read again: %v in %q", err, block)
		}
		if err == nil && !slices.Equal(again.fields, h.fields) {
			t.Fatalf("read %q, then %q", h.fields, again.fields)
		}
		p := parsePeer(&h)
		if len(p.Try) > maxTry || len(p.Agent) > maxAgent || len(p.Features) > maxTry {
			t.Fatalf("peer beyond its limits: %+v", p)
		}
		for _, host := range p.Try {
			if !host.IsValid() || host.Port() < minPort {
				t.Fatalf("host %v taken", host)
			}
		}
	})
}
