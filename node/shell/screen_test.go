package shell

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// screen is the part of an ECMA-48 terminal that the prompt uses: it turns
// bytes into what a user sees.
type screen struct {
	rows, cols int
	cells      [][]string // "" is blank, the second half of a wide character is "\x00"
	row, col   int
	wrap       bool // the next character goes to the next row
	sequences  int  // control sequences seen
	colored    bool // a color was asked for
	pending    []byte
}

func newScreen(rows, cols int) *screen {
	s := &screen{rows: rows, cols: cols}
	for range rows {
		s.cells = append(s.cells, make([]string, cols))
	}
	return s
}

// Write takes output of the program; a character may be split between calls.
func (s *screen) Write(p []byte) (int, error) {
	s.pending = append(s.pending, p...)
	for len(s.pending) > 0 {
		n := s.take(s.pending)
		if n == 0 {
			break
		}
		s.pending = s.pending[n:]
	}
	return len(p), nil
}

// take handles what stands first in p and returns its length, 0 if it is not
// complete.
func (s *screen) take(p []byte) int {
	switch c := p[0]; {
	case c == '\x1b':
		return s.escape(p)
	case c == '\r':
		s.col, s.wrap = 0, false
	case c == '\n' || c == '\v':
		s.feed()
	case c == '\b':
		s.col, s.wrap = max(0, s.col-1), false
	case c < ' ' || c == 0x7f:
	case !utf8.FullRune(p):
		return 0
	default:
		r, n := utf8.DecodeRune(p)
		s.put(r)
		return n
	}
	return 1
}

func (s *screen) feed() {
	s.wrap = false
	if s.row++; s.row == s.rows {
		s.row--
		s.cells = append(s.cells[1:], make([]string, s.cols))
	}
}

func (s *screen) put(r rune) {
	n := runeCells(r)
	if n == 0 {
		if s.col > 0 {
			s.cells[s.row][s.col-1] += string(r)
		}
		return
	}
	if s.wrap || s.col+n > s.cols {
		s.col = 0
		s.feed()
	}
	s.cells[s.row][s.col] = string(r)
	if n == 2 {
		s.cells[s.row][s.col+1] = "\x00"
	}
	if s.col += n; s.col >= s.cols {
		s.col, s.wrap = s.cols-1, true
	}
}

func (s *screen) escape(p []byte) int {
	if len(p) < 2 {
		return 0
	}
	s.sequences++
	if p[1] != '[' {
		return 2
	}
	end := 2
	for end < len(p) && (p[end] < '@' || p[end] > '~') {
		end++
	}
	if end == len(p) {
		return 0
	}
	s.control(string(p[2:end]), p[end])
	return end + 1
}

func (s *screen) control(params string, final byte) {
	first, _, _ := strings.Cut(params, ";")
	n, err := strconv.Atoi(first)
	count := max(1, n)
	if err != nil {
		count = 1
	}
	switch final {
	case 'A':
		s.row = max(0, s.row-count)
	case 'B':
		s.row = min(s.rows-1, s.row+count)
	case 'C':
		s.col = min(s.cols-1, s.col+count)
	case 'D':
		s.col = max(0, s.col-count)
	case 'H':
		s.row, s.col = 0, 0
	case 'J', 'K':
		s.erase(final, n)
		return // keeps the pending wrap
	case 'm':
		for p := range strings.SplitSeq(params, ";") {
			if c, _ := strconv.Atoi(p); c >= 30 && c <= 48 || c >= 90 {
				s.colored = true
			}
		}
		return
	case 'h', 'l', 'q', 'n':
		return
	}
	s.wrap = false
}

func (s *screen) erase(final byte, n int) {
	clear := func(row, from, to int) {
		for i := from; i < to; i++ {
			s.cells[row][i] = ""
		}
	}
	switch {
	case n == 0:
		clear(s.row, s.col, s.cols)
	case n == 1:
		clear(s.row, 0, s.col+1)
	default:
		clear(s.row, 0, s.cols)
	}
	if final == 'J' {
		for row := range s.rows {
			if row > s.row && n == 0 || n >= 2 {
				clear(row, 0, s.cols)
			}
		}
	}
}

// line returns one row without the blanks at its end.
func (s *screen) line(row int) string {
	var b strings.Builder
	for _, c := range s.cells[row] {
		switch c {
		case "":
			b.WriteByte(' ')
		case "\x00":
		default:
			b.WriteString(c)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// String returns the rows down to the last that is not blank.
func (s *screen) String() string {
	var rows []string
	for i := range s.rows {
		rows = append(rows, s.line(i))
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

// TestScreen checks the terminal that the other tests look at.
func TestScreen(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "one\r\ntwo", "one\ntwo"},
		{"wrap", "abcdefghij", "abcdefgh\nij"},
		{"wrap is pending", "abcdefgh\r\nx", "abcdefgh\nx"},
		{"wide", "a日本語xyz", "a日本語x\nyz"},
		{"scroll", "1\r\n2\r\n3\r\n4\r\n5", "2\n3\n4\n5"},
		{"up and over", "one\r\n\x1b[1Atwo", "two"},
		{"erase below", "1\r\n2\r\n3\x1b[2A\r\x1b[Jx", "x"},
		{"erase to the end", "abcd\r\x1b[2C\x1b[K", "ab"},
		{"feed and back", "\v\v\x1b[2Ax", "x"},
	} {
		s := newScreen(4, 8)
		for i := range len(c.in) {
			s.Write([]byte{c.in[i]})
		}
		if got := s.String(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
