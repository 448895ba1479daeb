package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// special holds the bytes that mean something to split outside of quotes.
const special = " \t\r\n'\"\\#"

// open is what is not closed yet at the end of a line: 0, a quote or a
// backslash.
type open byte

func (o open) String() string {
	switch o {
	case '\'':
		return "single quote"
	case '"':
		return "double quote"
	case '\\':
		return "backslash"
	}
	return fmt.Sprintf("open(%#x)", byte(o))
}

// scanned is a line taken apart.
type scanned struct {
	words  []string
	inWord bool // the line ends within its last word, so more can be added to it
	open   open
	at     int // byte offset where open was opened
}

// scan splits a line at blanks. Single quotes keep everything, double quotes
// everything but \" and \\, a backslash outside of quotes the next character:
// POSIX.1-2024 XCU 2.2 without expansions.
func scan(line string) scanned {
	var s scanned
	var word []byte
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case s.open == '\\':
			word, s.open = append(word, c), 0
		case s.open == '"' && c == '\\' && i+1 < len(line) && (line[i+1] == '"' || line[i+1] == '\\'):
			i++
			word = append(word, line[i])
		case s.open != 0 && c == byte(s.open):
			s.open = 0
		case s.open != 0:
			word = append(word, c)
		case c == '\'' || c == '"' || c == '\\':
			s.open, s.at, s.inWord = open(c), i, true
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			if s.inWord {
				s.words, word, s.inWord = append(s.words, string(word)), word[:0], false
			}
		default:
			word, s.inWord = append(word, c), true
		}
	}
	if s.inWord {
		s.words = append(s.words, string(word))
	}
	return s
}

// split returns the words of a line, or an error that names what was not
// closed.
func split(line string) ([]string, error) {
	s := scan(line)
	if s.open != 0 {
		return nil, fmt.Errorf("unterminated %v at column %d", s.open, utf8.RuneCountInString(line[:s.at])+1)
	}
	return s.words, nil
}

// continuation writes rest so that, typed behind a word that is within in, it
// continues that word; split(continuation(w, 0)) is w for every w that is not
// empty.
func continuation(rest string, in open) string {
	var b strings.Builder
	for i := range len(rest) {
		c := rest[i]
		switch {
		case in == '\'' && c == '\'':
			b.WriteString(`'\'`)
		case in == '"' && (c == '"' || c == '\\'), in == 0 && strings.IndexByte(special, c) >= 0:
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// clean makes a text from outside one line that a terminal only prints:
// controls and marks that change the direction of writing are left out, tabs
// and line ends become blanks.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case harmful(r) || r == '\ufeff':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// harmful tells characters that do something to a terminal instead of showing.
func harmful(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
