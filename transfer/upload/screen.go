package upload

import "errors"

// Errors of screen: what net/http takes, or takes silently for something else,
// and another parser takes for something else again.
var (
	errBareEOL    = errors.New("line that does not end in CR LF")
	errControl    = errors.New("NUL in the head")
	errBlankLine  = errors.New("blank line before the request")
	errFolded     = errors.New("folded header line")
	errTooMany    = errors.New("too many header lines")
	errTwoLengths = errors.New("more than one Content-Length")
	errEncoding   = errors.New("Transfer-Encoding in a request")
)

// screen looks at the bytes of a connection before net/http parses them, and
// lets pass only heads of requests that every parser reads alike. As requests
// have no bodies here, a connection is nothing but such heads: a request line,
// header lines and an empty line, each ended by CR LF.
type screen struct {
	lines   int  // lines of this head that are complete
	length  int  // bytes of this line so far
	cr      bool // the last byte was CR
	lengths int  // Content-Length lines of this head

	name    [len(nameEncoding)]byte // start of the header name of this line, lower case
	nameLen int                     // bytes of the header name so far, -1 behind its colon
}

const (
	nameLength   = "content-length"
	nameEncoding = "transfer-encoding" // the longer one
)

// check takes the next bytes of the connection: how many of them are fine, and
// what is wrong with the next one.
func (s *screen) check(p []byte) (int, error) {
	for i, c := range p {
		if err := s.next(c); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

func (s *screen) next(c byte) error {
	switch {
	case s.cr != (c == '\n'):
		return errBareEOL
	case c == '\n':
		return s.endLine()
	case c == '\r':
		s.cr = true
		return nil
	case c == 0:
		return errControl
	case s.length == 0 && s.lines > 0 && (c == ' ' || c == '\t'):
		return errFolded
	}
	s.length++
	if s.lines > 0 && s.nameLen >= 0 {
		return s.nextOfName(c)
	}
	return nil
}

// nextOfName takes a byte of a header name, or the colon behind it.
func (s *screen) nextOfName(c byte) error {
	if c != ':' {
		if s.nameLen < len(s.name) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			s.name[s.nameLen] = c
		}
		s.nameLen++
		return nil
	}
	name := string(s.name[:min(s.nameLen, len(s.name))])
	long := s.nameLen > len(s.name)
	s.nameLen = -1
	switch {
	case long:
	case name == nameEncoding:
		return errEncoding
	case name == nameLength:
		if s.lengths++; s.lengths > 1 {
			return errTwoLengths
		}
	}
	return nil
}

func (s *screen) endLine() error {
	switch {
	case s.length == 0 && s.lines == 0:
		return errBlankLine
	case s.length == 0:
		*s = screen{}
		return nil
	case s.lines > maxHeaderLines: // the request line is one of them
		return errTooMany
	}
	s.lines++
	s.length, s.nameLen, s.cr = 0, 0, false
	return nil
}
