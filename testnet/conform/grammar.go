package conform

import (
	"encoding/base32"
	"errors"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Grammars of header values (handshake.md §3).
var (
	tokenForm   = regexp.MustCompile(`^[!#$%&'*+.^_|~0-9A-Za-z-]+$`)
	statusForm  = regexp.MustCompile(`^GNUTELLA/0\.6 [1-9][0-9][0-9]( [^\x00-\x1f\x7f]*)?$`)
	versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)
	featureForm = regexp.MustCompile(`^[A-Za-z0-9!_-]+/[0-9]+\.[0-9]+$`)
	agentForm   = regexp.MustCompile(`^[^/\x00-\x1f\x7f]+/[^\x00-\x1f\x7f]+$`)
	guidForm    = regexp.MustCompile(`^[0-9A-Fa-f]{32}$`)
	boolForm    = regexp.MustCompile(`^(True|False)$`)
	numberForm  = regexp.MustCompile(`^[0-9]{1,3}$`)
	printable   = regexp.MustCompile(`^[^\x00-\x08\x0a-\x1f\x7f]*$`)
)

// spellings are the names of headers as LimeWire, which compares them with
// case, knows them.
var spellings = []string{
	"User-Agent", "Listen-IP", "Node", "X-Node", "Node-IPv6", "X-Node-IPv6", "X-My-Address", "Remote-IP", "X-Remote-IP",
	"X-Ultrapeer", "X-Ultrapeer-Needed", "X-Try", "X-Try-Ultrapeers", "X-Try-Hubs", "X-Query-Routing",
	"X-Ultrapeer-Query-Routing", "X-Dynamic-Querying", "X-Ext-Probes", "X-Degree", "X-Max-TTL", "X-Requeries", "X-Guess",
	"GGEP", "Vendor-Message", "Pong-Caching", "Bye-Packet", "X-Features", "GUID", "Accept-Encoding", "Content-Encoding",
	"Upgrade", "Connection", "X-Live-Since", "Uptime", "X-Token", "X-Locale-Pref", "Accept", "Content-Type", "Crawler",
}

// validStatus checks the first line of an answer.
func validStatus(t *trial, b block) {
	t.check(statusForm.MatchString(b.first), "GNUTELLA/0.6, three digits and a text", "%q", b.first)
}

// validLines checks that header lines are what every servent reads alike.
func validLines(t *trial, b block) {
	t.check(!b.bareLF, "lines that end in CR LF", "a bare LF")
	t.check(!b.folded, "no continuation lines, which LimeWire does not read", "a folded line")
	t.check(len(b.fields) <= limitHeaders, "at most 30 headers, as LimeWire reads", "%d", len(b.fields))
	t.check(b.size <= limitBlock, "at most 16384 bytes", "%d", b.size)
	seen := map[string]bool{}
	for i, f := range b.fields {
		t.check(strings.Contains(b.lines[i], ":"), "lines with a colon", "%q", b.lines[i])
		t.check(tokenForm.MatchString(f.name), "names that are tokens", "%q", f.name)
		t.check(printable.MatchString(f.value), "values without control characters", "%q", f.value)
		t.check(len(b.lines[i]) <= limitFirstLine, "lines of at most 1024 bytes", "%d bytes of %s", len(b.lines[i]), f.name)
		t.check(!seen[strings.ToLower(f.name)], "each name once", "%s again", f.name)
		seen[strings.ToLower(f.name)] = true
	}
}

// readHosts reads a list as X-Try and Node carry it: addresses with a port,
// IPv6 in brackets.
func readHosts(list string) ([]netip.AddrPort, error) {
	var hosts []netip.AddrPort
	for item := range strings.SplitSeq(list, ",") {
		host, err := netip.ParseAddrPort(strings.TrimSpace(item))
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// atMost reports whether a value is a decimal number from 1 to n.
func atMost(value string, n int) bool {
	v, err := strconv.Atoi(value)
	return err == nil && numberForm.MatchString(value) && v >= 1 && v <= n
}

var errSHA1 = errors.New("not 32 base32 digits")

// decodeSHA1 reads a SHA-1 in base32, as URNs carry it.
func decodeSHA1(s string) (sum [20]byte, err error) {
	b, err := base32.StdEncoding.DecodeString(strings.ToUpper(s))
	if err != nil || len(b) != len(sum) {
		return sum, errSHA1
	}
	return [20]byte(b), nil
}
