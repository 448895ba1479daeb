package transfer

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestDisplay(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"gtk-gnutella/1.2 (Größe; 東京)", "gtk-gnutella/1.2 (Größe; 東京)"},
		{`C:\x1b`, `C:\x1b`},
		{"\x1b[2J\x07\r\n\x7f", `\x1b[2J\x07\x0d\x0a\x7f`},
		{"\u009b0m", `\u009b0m`},
		{"gpj.\u202eexe\u2066", `gpj.\u202eexe\u2066`},
		{"zero\u200bwidth\u2028", `zero\u200bwidth\u2028`},
		{"\U000e0041", `\U000e0041`},
		{"bad\xff\xfe", `bad\xff\xfe`},
		{"kept \ufffd", "kept \ufffd"},
	} {
		if got := Display(test.in); got != test.want {
			t.Errorf("Display(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func FuzzDisplay(f *testing.F) {
	for _, seed := range hostileNames {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := Display(in)
		if i := strings.IndexFunc(got, func(r rune) bool {
			return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
		}); i >= 0 || !utf8.ValidString(got) {
			t.Errorf("%q has a forbidden character at %d", got, i)
		}
		if again := Display(got); again != got {
			t.Errorf("%q becomes %q, which becomes %q", in, got, again)
		}
		if len(got) > 10*len(in) {
			t.Errorf("%d bytes become %d", len(in), len(got))
		}
	})
}
