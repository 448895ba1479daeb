package proxy

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Status is the code of an answer.
type Status int

// The codes a proxy sends.
const (
	OK        Status = 200
	Malformed Status = 400
	NoServent Status = 404 // it is no push proxy of that servent, or that one takes no words
	Often     Status = 429 // of this host or network, or for this servent
	Full      Status = 503
)

var statusTexts = map[Status]string{
	OK: "OK", Malformed: "malformed", NoServent: "no such servent here", Often: "too often", Full: "no room",
}

func (s Status) String() string {
	if text, ok := statusTexts[s]; ok {
		return text
	}
	return "Status(" + strconv.Itoa(int(s)) + ")"
}

// IsHello reports whether the first line of a connection asks for a talk. The line comes
// without its end.
func IsHello(line string) bool { return strings.HasPrefix(line, protocol+" ") }

// AppendHello is the first line: whom the words are for.
//
//	PUNCH/0.1 <servent GUID, 32 hex digits>
func AppendHello(b []byte, servent [16]byte) []byte {
	return append(b, protocol+" "+hex.EncodeToString(servent[:])+"\r\n"...)
}

// ParseHello reads the first line.
func ParseHello(line string) (servent [16]byte, ok bool) {
	text, ok := strings.CutPrefix(line, protocol+" ")
	if !ok || len(text) != 2*len(servent) {
		return servent, false
	}
	_, err := hex.Decode(servent[:], []byte(text))
	return servent, err == nil
}

// AppendStatus is the line of an answer.
//
//	PUNCH/0.1 <three digits> <text>
func AppendStatus(b []byte, s Status) []byte {
	return append(b, protocol+" "+strconv.Itoa(int(s))+" "+s.String()+"\r\n"...)
}

// RefusedError is what a proxy said instead of OK.
type RefusedError struct {
	Status Status
	Text   string // printable
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("proxy: refused: %d %s", int(e.Status), e.Text)
}

// CheckStatus reads the line of an answer, and returns a *RefusedError if it is not OK.
func CheckStatus(line string) error {
	rest, ok := strings.CutPrefix(line, protocol+" ")
	digits, text, _ := strings.Cut(rest, " ")
	code, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case !ok || len(digits) != 3 || err != nil || code < 100:
		return &FormatError{"answer"}
	case Status(code) == OK:
		return nil
	}
	return &RefusedError{Status(code), printable(text)}
}

// FormatError says what of a talk is malformed.
type FormatError struct{ Field string }

func (e *FormatError) Error() string { return "proxy: malformed " + e.Field }

// printable is the first bytes of a text of the other side, without control characters.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text[:min(len(text), maxText)])
}
