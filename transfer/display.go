package transfer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Display makes text that came from elsewhere fit for a terminal or a log line:
// control characters (C0, C1, line ends), formatting characters that turn or
// hide text, and bytes that are no UTF-8 are written as Go escapes such as
// \x1b or \u202e. Everything else stays as it is, the backslash too: the result
// is to be looked at, not to be read back.
func Display(s string) string {
	if !strings.ContainsFunc(s, escaped) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)), r < utf8.RuneSelf && escaped(r):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !escaped(r) || r == utf8.RuneError:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// escaped reports whether r must not be shown as it is. The replacement
// character counts, as it may stand for a byte that is no UTF-8.
func escaped(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return r == utf8.RuneError || breaking(r) || invisible(r)
}
