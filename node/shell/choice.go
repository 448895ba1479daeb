package shell

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// choices returns the completions that continue last and can be typed: not
// those with characters that act on the terminal. Groups stay together, in the
// order they came.
func choices(last string, offered []Completion) []Completion {
	var groups []string
	var out []Completion
	for _, c := range offered {
		if !strings.HasPrefix(c.Value, last) || c.Value == "" || !utf8.ValidString(c.Value) || strings.ContainsFunc(c.Value, harmful) {
			continue
		}
		if !slices.Contains(groups, c.Group) {
			groups = append(groups, c.Group)
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Completion) int {
		return slices.Index(groups, a.Group) - slices.Index(groups, b.Group)
	})
	return out
}

// shared returns the longest text all values begin with, in whole characters.
func shared(values []Completion) string {
	if len(values) == 0 {
		return ""
	}
	prefix := values[0].Value
	for _, c := range values[1:] {
		n := 0
		for n < min(len(prefix), len(c.Value)) && prefix[n] == c.Value[n] {
			n++
		}
		prefix = prefix[:n]
	}
	for !utf8.ValidString(prefix) {
		prefix = prefix[:len(prefix)-1]
	}
	return prefix
}

// finish returns what ends a word that was completed to value: the quote that
// is still open and a blank, unless the value is the first part of something.
func finish(value string, in open) string {
	if strings.HasSuffix(value, "/") || strings.HasSuffix(value, "=") {
		return ""
	}
	if in != 0 {
		return string(byte(in)) + " "
	}
	return " "
}

// menu is the completion of one word: its choices, and what Tab does next.
type menu struct {
	before  []rune // the line up to the cursor when the menu was opened
	after   []rune // and behind it
	last    string // the unquoted word that is completed
	in      open
	choices []Completion
	chosen  int // index into choices, -1 for none yet

	line   string // the line the menu belongs to; another line closes it
	cursor int
	text   string // the list, as shown below the line
}

// step moves the choice on, around the ends.
func (m *menu) step(by int) {
	n := len(m.choices)
	switch {
	case m.chosen < 0 && by < 0:
		m.chosen = n - 1
	default:
		m.chosen = (m.chosen + by + n) % n
	}
}

// open reports whether the menu belongs to this line.
func (m *menu) open(line []rune, cursor int) bool {
	return m != nil && m.cursor == cursor && m.line == string(line)
}
