package transfer

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestSafeName(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct{ in, want string }{
		{"interop alpha small.bin", "interop alpha small.bin"},
		{"Müller – Größe 東京 🎵.flac", "Müller – Größe 東京 🎵.flac"},
		{"cafe\u0301.txt", "café.txt"},
		{"", unnamed},
		{".", unnamed},
		{"..", unnamed},
		{" . . ", unnamed},
		{"\u200b\u3164", unnamed},
		{"../../etc/passwd", "_._.._etc_passwd"},
		{`..\..\boot.ini`, "_._.._boot.ini"},
		{"/etc/passwd", "_etc_passwd"},
		{"C:\\x", "C__x"},
		{".bashrc", "_bashrc"},
		{"a.", "a"},
		{"a . . ", "a"},
		{"\u3000a\u00a0", "a"},
		{"gpj.\u202eexe", "gpj.exe"},
		{"a\u200db", "ab"},
		{"tab\tnul\x00esc\x1b[2Jc1\u009bm", "tab_nul_esc_[2Jc1_m"},
		{"line\u2028end\n", "line_end_"},
		{"bad\xff\xfeutf8", "bad_utf8"},
		{"\ufffd\ufffe", "__"},
		{`<>:"|?*`, "_______"},
		{"CON", "_CON"},
		{"con.txt", "_con.txt"},
		{"NUL .tar.gz", "_NUL .tar.gz"},
		{"com1", "_com1"},
		{"LPT².x", "_LPT².x"},
		{"COM10", "COM10"},
		{"CONSOLE", "CONSOLE"},
		{"conin$", "_conin$"},
		{long, long[:255]},
		{long + ".mp3", long[:251] + ".mp3"},
		{long + "." + long, long[:255]},
		{strings.Repeat("é", 200) + ".ogg", strings.Repeat("é", 125) + ".ogg"},
		{strings.Repeat(" ", 300) + "x", "x"},
		{"x" + strings.Repeat("\u0305", 40) + ".txt", "x" + strings.Repeat("\u0305", maxMarks) + ".txt"},
	} {
		if got := SafeName(test.in); got != test.want {
			t.Errorf("SafeName(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestSafeNameCap(t *testing.T) {
	for n, want := range map[int]int{maxName - 1: maxName - 1, maxName: maxName, maxName + 1: maxName} {
		if got := SafeName(strings.Repeat("n", n)); len(got) != want {
			t.Errorf("a name of %d bytes becomes one of %d, want %d", n, len(got), want)
		}
	}
	for n, kept := range map[int]bool{maxExtension - 1: true, maxExtension: true, maxExtension + 1: false} {
		ext := "." + strings.Repeat("e", n-1)
		if got := SafeName(strings.Repeat("n", maxName) + ext); strings.HasSuffix(got, ext) != kept {
			t.Errorf("an extension of %d bytes: %q", n, got)
		}
	}
}

var hostileNames = []string{
	"", ".", "..", "a/b\\c", "CON", "aux.txt", "\x1b]0;x\x07", "\u202egpj.exe", "\u200f", "x.\u00a0.", "\xc3\x28",
	"e\u0301", "\u0301", "<\u0338", strings.Repeat("\u0301", 300), strings.Repeat("ab ", 100) + ".mp3", "\u037e", "NUL\u200b", "_", "COM\u00b9",
}

func FuzzSafeName(f *testing.F) {
	for _, seed := range hostileNames {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := SafeName(in)
		if got == "" || len(got) > maxName {
			t.Errorf("%q: %d bytes", got, len(got))
		}
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
			t.Errorf("%q is not valid UTF-8 in NFC", got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool {
			return r == utf8.RuneError || strings.ContainsRune(`/\<>:"|?*`, r) || unicode.IsControl(r) ||
				unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Cs, unicode.Variation_Selector)
		}); i >= 0 {
			t.Errorf("%q has a forbidden character at %d", got, i)
		}
		if got[0] == '.' || got[0] == ' ' || strings.HasSuffix(got, ".") || strings.HasSuffix(got, " ") || isDevice(got) {
			t.Errorf("%q is no name for a file", got)
		}
		if again := SafeName(got); again != got {
			t.Errorf("%q becomes %q, which becomes %q", in, got, again)
		}
	})
}

func BenchmarkSafeName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if SafeName("Interop Alpha - 01 - Small Größe.bin") == "" {
			b.Fatal("no name")
		}
	}
}
