package crawl

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/netip"
	"strings"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// hello is the first header block: that of a crawler, and of an ultrapeer to
// those that do not know crawlers.
func hello(agent string, guid wire.GUID, remote netip.Addr) []byte {
	return fmt.Appendf(nil, "GNUTELLA CONNECT/0.6\r\nUser-Agent: %s\r\nCrawler: 0.1\r\nX-Ultrapeer: True\r\nRemote-IP: %s\r\n"+
		"X-Requeries: False\r\nGGEP: 0.5\r\nPong-Caching: 0.1\r\nBye-Packet: 0.1\r\nGUID: %s\r\n\r\n", agent, remote, guid)
}

// answer is the second header block.
type answer struct {
	code   int
	text   string
	report Report
	lists  bool // it names its neighbors
}

var errHeader = errors.New("the answer's header is too large or malformed")

// readAnswer reads the second header block, of which nothing is believed before
// it was compared with its bounds.
func readAnswer(r *bufio.Reader, now time.Time) (answer, error) {
	line, err := readLine(r, maxFirstLine)
	if err != nil {
		return answer{}, err
	}
	a := answer{report: Report{Way: ByHeader, Role: Unknown}}
	rest, ok := strings.CutPrefix(line, "GNUTELLA/0.6 ")
	if _, err := fmt.Sscanf(rest, "%3d", &a.code); !ok || err != nil || a.code < 100 {
		return answer{}, errHeader
	}
	_, a.text, _ = strings.Cut(rest, " ")
	left := maxBlock
	for range maxLines {
		line, err := readLine(r, left)
		if err != nil {
			return answer{}, err
		}
		if left -= len(line) + 2; line == "" {
			if a.report.Role == Unknown && len(a.report.Leaves) > 0 { // gtk-gnutella does not say
				a.report.Role = Ultrapeer
			}
			return a, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return answer{}, errHeader
		}
		a.header(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value), now)
	}
	return answer{}, errHeader
}

// header takes one header.
func (a *answer) header(name, value string, now time.Time) {
	switch name {
	case "user-agent":
		a.report.Agent = value
	case "x-ultrapeer":
		a.report.Role = Leaf
		if strings.EqualFold(value, "True") {
			a.report.Role = Ultrapeer
		}
	case "x-live-since":
		if since, err := mail.ParseDate(value); err == nil && since.Before(now) {
			a.report.Uptime = now.Sub(since).Truncate(time.Second)
		}
	case "peers":
		a.lists = true
		a.report.Ultrapeers = parseList(a.report.Ultrapeers, value)
	case "leaves":
		a.lists = true
		a.report.Leaves = parseList(a.report.Leaves, value)
	}
}

// parseList appends the hosts of a list "ip:port, …"; what is none is left out,
// as are those beyond maxListed.
func parseList(list []Listed, value string) []Listed {
	for item := range strings.SplitSeq(value, ",") {
		if len(list) >= maxListed {
			break
		}
		item, _, _ = strings.Cut(strings.TrimSpace(item), " ")
		if addr, err := netip.ParseAddrPort(item); err == nil && addr.Port() != 0 && addr.Addr().Zone() == "" {
			list = append(list, Listed{Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())})
		}
	}
	return list
}

// readLine reads a line of at most limit bytes, without its end.
func readLine(r *bufio.Reader, limit int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > limit {
			return "", errHeader
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case errors.Is(err, io.EOF):
			return "", io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
	}
}

// refused is the error of a host that let us in neither as crawler nor as
// neighbor.
func (a *answer) refused() error {
	return &handshake.RefusedError{Code: handshake.Status(a.code), Text: a.text, Agent: a.report.Agent}
}
