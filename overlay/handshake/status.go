package handshake

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Status is the code of an answer (Gnutella 0.6, "Status codes").
type Status int

// The codes this servent sends. Others are accepted and kept as they come.
const (
	OK             Status = 200
	BadRequest     Status = 400 // the peer contradicts itself
	Shielded       Status = 204 // a leaf, which takes no (more) links
	Forbidden      Status = 403 // refused for what the peer is
	NotAcceptable  Status = 406 // the peer does not want Gnutella packets
	Conflict       Status = 409 // connected already
	HeaderTooLarge Status = 413 // header block above the limits
	TooOften       Status = 429 // connects too often
	Full           Status = 503 // no free slot; look at the Try list
)

// Verdict is the judgement of one peer: let in when Code is OK. A refusal has a
// text.
type Verdict struct {
	Code Status
	Text string
	Try  []netip.AddrPort // of an acceptor: other hosts for the peer

	// Needed is an acceptor's guidance to the peer.
	Needed Guidance
	// Become is what we are on this link, when that is not what was offered: an
	// initiator that follows guidance is a leaf, an acceptor may have changed
	// since. RoleUnknown is as offered.
	Become Role

	// Leaves and Peers are our neighbors, for a peer that is a crawler; it is
	// answered and then gone.
	Leaves, Peers []netip.AddrPort
}

// Accepted lets a peer in.
func Accepted() Verdict { return Verdict{Code: OK, Text: "OK"} }

// Refused turns a peer away with a code and a reason it is told.
func Refused(code Status, text string) Verdict { return Verdict{Code: code, Text: text} }

// RefusedError says that the other side turned us away, with what it said.
type RefusedError struct {
	Code  Status
	Text  string // as received, at most maxText bytes; escape it before showing it
	Agent string // its User-Agent, likewise
	Try   []netip.AddrPort
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("handshake: refused: %d %q by %q", e.Code, e.Text, e.Agent)
}

// TurnedAwayError says that our own Judge turned the other side away.
type TurnedAwayError struct {
	Code Status
	Text string
}

func (e *TurnedAwayError) Error() string {
	return fmt.Sprintf("handshake: turned away: %d %s", e.Code, e.Text)
}

// ErrCrawled says that the other side was a crawler and has got its answer.
var ErrCrawled = errors.New("handshake: a crawler was answered")

// TLSError says that TLS was agreed on and then failed.
type TLSError struct{ Err error }

func (e *TLSError) Error() string { return "handshake: TLS: " + e.Err.Error() }
func (e *TLSError) Unwrap() error { return e.Err }

// IdentityError says that the other side did not prove the ID that it promised, or that
// was expected. Nothing is tried without the proof then.
type IdentityError struct{ Err error }

func (e *IdentityError) Error() string { return "handshake: ID not proven: " + e.Err.Error() }
func (e *IdentityError) Unwrap() error { return e.Err }

// errNoTLS: there is nothing to prove an ID in.
var errNoTLS = errors.New("it was promised, and peer does not go on in TLS")

// ProtocolError says that the other side did not keep to the handshake.
type ProtocolError struct{ Reason string }

func (e *ProtocolError) Error() string { return "handshake: " + e.Reason }

const (
	connectLine = "GNUTELLA CONNECT/0.6"
	statusStart = "GNUTELLA/"
	hello       = "GNUTELLA CONNECT/"
)

// IsHello reports whether a first line opens a Gnutella handshake. The line
// comes without its line end.
func IsHello(line string) bool { return strings.HasPrefix(line, hello) }

// checkHello looks at the version of a first line: 0.6 and above are served as
// 0.6, what is older is not spoken.
func checkHello(line string) error {
	major, minor, ok := parseVersion(strings.TrimPrefix(line, hello))
	if !IsHello(line) || !ok {
		return &ProtocolError{fmt.Sprintf("malformed first line %q", clip(line, 64))}
	}
	if major == 0 && minor < 6 {
		return &ProtocolError{fmt.Sprintf("version %d.%d is not spoken", major, minor)}
	}
	return nil
}

// parseStatus reads "GNUTELLA/0.6 CODE text".
func parseStatus(line string) (Status, string, error) {
	malformed := &ProtocolError{fmt.Sprintf("malformed status line %q", clip(line, 64))}
	rest, ok := strings.CutPrefix(line, statusStart)
	if !ok {
		return 0, "", malformed
	}
	version, rest, ok := strings.Cut(rest, " ")
	if _, _, valid := parseVersion(version); !ok || !valid {
		return 0, "", malformed
	}
	digits, text, _ := strings.Cut(strings.TrimSpace(rest), " ")
	code, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 3 || code < 100 {
		return 0, "", malformed
	}
	return Status(code), clip(strings.TrimSpace(text), maxText), nil
}

func parseVersion(s string) (major, minor int, ok bool) {
	a, b, ok := strings.Cut(strings.TrimSpace(s), ".")
	major, errA := strconv.Atoi(a)
	minor, errB := strconv.Atoi(b)
	return major, minor, ok && errA == nil && errB == nil && major >= 0 && minor >= 0
}

func appendStatus(b []byte, code Status, text string) []byte {
	return fmt.Appendf(b, "GNUTELLA/0.6 %d %s\r\n", code, text)
}
