package gwc

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Answer is what a cache told, in either style.
type Answer struct {
	Hosts []Host
	URLs  []string // other caches, in normal form
	Name  string   // I|pong or PONG: its software; as received, escape it

	Updated bool   // it took our address
	Warning string // I|WARNING, WARNING: asked too often, say; as received
	Error   string // ERROR; as received
	HTML    bool   // it is a page and no answer
}

// Host is one host of an answer, unchecked.
type Host struct {
	Addr netip.AddrPort
	Age  time.Duration // since the cache heard of it; 0 when it does not say
}

// Usable reports whether there is anything in the answer.
func (a *Answer) Usable() bool {
	return !a.HTML && (len(a.Hosts) > 0 || len(a.URLs) > 0 || a.Name != "" || a.Updated || a.Warning != "")
}

// ParseAnswer reads the body of an answer, of which MaxBody bytes are looked at.
// What a line is, its beginning tells; lines of neither style are left out.
func ParseAnswer(body []byte) Answer {
	var a Answer
	body = body[:min(len(body), MaxBody)]
	isEnd := func(r rune) bool { return r == '\r' || r == '\n' }
	lines := 0
	for line := range bytes.FieldsFuncSeq(body, isEnd) {
		if lines++; lines > maxLines {
			break
		}
		if text := strings.TrimSpace(string(line[:min(len(line), maxLine+1)])); len(text) <= maxLine {
			a.line(text)
		}
		if a.HTML {
			return Answer{HTML: true}
		}
	}
	return a
}

// line reads one line.
func (a *Answer) line(text string) {
	switch {
	case text == "":
	case text[0] == '<':
		a.HTML = true
	case strings.HasPrefix(text, "H|"):
		fields := strings.Split(text, "|")
		if len(fields) < 2 {
			return
		}
		var age time.Duration
		if len(fields) > 2 {
			seconds, _ := strconv.ParseUint(fields[2], 10, 31)
			age = time.Duration(seconds) * time.Second
		}
		a.host(fields[1], age)
	case strings.HasPrefix(text, "U|"):
		fields := strings.Split(text, "|")
		a.url(fields[1])
	case strings.HasPrefix(text, "I|"):
		a.info(strings.Split(text[2:], "|"))
	case hasPrefixFold(text, "http://"):
		a.url(text)
	case hasPrefixFold(text, "PONG"):
		a.Name = clip(strings.TrimSpace(text[4:]))
		if a.Name == "" {
			a.Name = "GWebCache"
		}
	case hasPrefixFold(text, "ERROR"):
		a.Error = clip(text)
	case hasPrefixFold(text, "OK"):
		a.Updated = true
		if _, warning, found := strings.Cut(text, "WARNING"); found {
			a.Warning = clip(strings.TrimPrefix(warning, ":"))
		}
	case hasPrefixFold(text, "WARNING"):
		a.Warning = clip(text)
	default:
		a.host(text, 0)
	}
}

// info reads the fields of an I line.
func (a *Answer) info(fields []string) {
	field := func(i int) string {
		if i < len(fields) {
			return fields[i]
		}
		return ""
	}
	switch {
	case strings.EqualFold(field(0), "pong"):
		a.Name = clip(field(1))
	case strings.EqualFold(field(0), "update"):
		a.Updated = a.Updated || strings.EqualFold(field(1), "OK")
		for i, f := range fields {
			if strings.EqualFold(f, "WARNING") {
				a.Warning = clip("WARNING " + field(i+1))
			}
		}
	case strings.EqualFold(field(0), "WARNING"):
		a.Warning = clip("WARNING " + field(1))
	}
}

func (a *Answer) host(text string, age time.Duration) {
	addr, err := netip.ParseAddrPort(text)
	if err != nil || addr.Addr().Zone() != "" || len(a.Hosts) == maxHosts {
		return
	}
	a.Hosts = append(a.Hosts, Host{netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), age})
}

func (a *Answer) url(text string) {
	if normal, ok := Normal(text); ok && len(a.URLs) < maxURLs {
		a.URLs = append(a.URLs, normal)
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func clip(s string) string { return s[:min(len(s), maxText)] }
