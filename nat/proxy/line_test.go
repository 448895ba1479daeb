package proxy

import (
	"errors"
	"strings"
	"testing"
)

// TestLines says and reads the first lines of both sides.
func TestLines(t *testing.T) {
	servent := [16]byte{0xab, 15: 0x0c}
	line := string(AppendHello(nil, servent))
	if line != "PUNCH/0.1 ab00000000000000000000000000000c\r\n" {
		t.Errorf("hello: %q", line)
	}
	line = strings.TrimSuffix(line, "\r\n")
	if got, ok := ParseHello(line); !ok || got != servent || !IsHello(line) {
		t.Errorf("read %x, %v", got, ok)
	}
	for _, bad := range []string{"PUNCH/0.1", "PUNCH/0.1 ", "PUNCH/0.2 " + line[10:], line + "0", line[:len(line)-1], "PUNCH/0.1 " + strings.Repeat("x", 32)} {
		if got, ok := ParseHello(bad); ok {
			t.Errorf("%q names %x", bad, got)
		}
	}
	for s := range statusTexts {
		err := CheckStatus(strings.TrimSuffix(string(AppendStatus(nil, s)), "\r\n"))
		var refused *RefusedError
		if (err == nil) != (s == OK) || err != nil && (!errors.As(err, &refused) || refused.Status != s || refused.Text != s.String()) {
			t.Errorf("%v became %v", s, err)
		}
	}
	var malformed *FormatError
	for _, bad := range []string{"", "HTTP/1.1 200 OK", "PUNCH/0.1 ", "PUNCH/0.1 20 OK", "PUNCH/0.1 2000 OK", "PUNCH/0.1 +20 OK", "PUNCH/0.1 099 x"} {
		if err := CheckStatus(bad); !errors.As(err, &malformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	err := CheckStatus("PUNCH/0.1 777 \x1b[31m" + strings.Repeat("y", 200))
	if text := err.Error(); strings.ContainsRune(text, '\x1b') || len(text) > 2*maxText {
		t.Errorf("what the proxy said is shown as %q", text)
	}
}

// FuzzLine reads any line: what is read is written alike, and shown without control
// characters.
func FuzzLine(f *testing.F) {
	f.Add("PUNCH/0.1 ab00000000000000000000000000000c")
	f.Add("PUNCH/0.1 404 no such servent here")
	f.Add("PUNCH/0.1 200 \x00")
	f.Fuzz(func(t *testing.T, line string) {
		if servent, ok := ParseHello(line); ok && string(AppendHello(nil, servent)) != protocol+strings.ToLower(line[len(protocol):])+"\r\n" {
			t.Errorf("%q names %x", line, servent)
		}
		if err := CheckStatus(line); err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is shown as %q", line, err)
		}
	})
}
