package relay

import (
	"strconv"
	"strings"
)

// verb is what a first line asks for.
type verb uint8

const (
	verbReserve verb = 1 + iota
	verbProof
	verbConnect
	verbAccept
)

var verbs = [...]string{verbReserve: "RESERVE", verbProof: "PROOF", verbConnect: "CONNECT", verbAccept: "ACCEPT"}

// String returns the verb as it is sent.
func (v verb) String() string {
	if v > 0 && int(v) < len(verbs) {
		return verbs[v]
	}
	return "verb(" + strconv.Itoa(int(v)) + ")"
}

// IsHello reports whether the first line of a connection opens a conversation with a
// relay. The line comes without its end.
func IsHello(line string) bool { return strings.HasPrefix(line, hello) }

// request is a first line.
type request struct {
	verb    verb
	peer    PeerID    // of all but ACCEPT
	circuit CircuitID // of ACCEPT
}

func (r request) appendTo(b []byte) []byte {
	b = append(b, protocol+" "+r.verb.String()+" "...)
	if r.verb == verbAccept {
		b = append(b, r.circuit.String()...)
	} else {
		b = append(b, r.peer.String()...)
	}
	return append(b, "\r\n"...)
}

// parseRequest reads a first line: OK, Malformed, or Unknown for another version or
// verb.
func parseRequest(line string) (r request, status Status) {
	if len(line) > maxLine {
		return request{}, Malformed
	}
	rest, ok := strings.CutPrefix(line, protocol+" ")
	if !ok {
		return request{}, Unknown
	}
	name, arg, ok := strings.Cut(rest, " ")
	if !ok {
		return request{}, Malformed
	}
	for v := verbReserve; v <= verbAccept; v++ {
		if verbs[v] == name {
			r.verb = v
		}
	}
	switch r.verb {
	case 0:
		return request{}, Unknown
	case verbAccept:
		ok = parseHex(r.circuit[:], arg)
	default:
		ok = parseHex(r.peer[:], arg)
	}
	if !ok {
		return request{}, Malformed
	}
	return r, OK
}

func appendStatus(b []byte, s Status) []byte {
	return append(b, protocol+" "+strconv.Itoa(int(s))+" "+s.String()+"\r\n"...)
}

// parseStatus reads the first line of an answer. Codes of later versions are kept.
func parseStatus(line string) (s Status, text string, err error) {
	rest, ok := strings.CutPrefix(line, protocol+" ")
	if !ok {
		return 0, "", &FormatError{"answer"}
	}
	digits, text, _ := strings.Cut(rest, " ")
	s, ok = parseCode(digits)
	if !ok {
		return 0, "", &FormatError{"status"}
	}
	return s, printable(text), nil
}

// parseCode reads a status: three digits, the first not 0.
func parseCode(digits string) (Status, bool) {
	n, ok := parseNumber(digits, 999)
	return Status(n), ok && len(digits) == 3 && n >= 100
}

// parseNumber reads decimal digits, and nothing else, up to most.
func parseNumber(digits string, most int64) (int64, bool) {
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n >= 0 && n <= most && digits[0] != '+' && digits[0] != '-'
}

// printable is the first bytes of a text of the other side, without control
// characters.
func printable(text string) string {
	text = text[:min(len(text), maxText)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
