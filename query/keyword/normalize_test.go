package keyword

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNormalize(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"published", "Café_Été-01.MP3", "cafe ete 01 mp3"},
		{"published, full folding", "Straße", "strasse"},
		{"published, ligature", "\uFB01le", "file"},
		{"published, no decomposition", "SØREN", "søren"},

		{"empty", "", ""},
		{"nothing to keep", " .-_!\u3000", ""},
		{"ends trimmed, runs collapsed", "--a . b--", "a b"},
		{"capital sharp s", "STRAẞE", "strasse"},
		{"decomposed input", "Cafe\u0301", "cafe"},
		{"wide forms", "ＡＢＣ　１２", "abc 12"},
		{"roman numeral", "Part Ⅷ", "part viii"},
		{"trade mark", "Foo™", "footm"},
		{"final sigma stays", "ΟΔΟΣ Οδός", "οδοσ οδος"},
		{"iota subscript", "ᾠδή", "ωιδη"},
		{"dotted capital i", "İstanbul", "istanbul"},
		{"Cherokee has small letters", "ᎠᎡ", "\uAB70\uAB71"},
		{"spacing marks separate", "हिन्दी", "ह न्द"},
		{"nukta", "\u0915\u093C", "\u0915\u093C"},
		{"kana voicing composes", "\u304B\u3099", "\u304C"},
		{"half-width kana", "ｶﾞ", "ガ"},
		{"hangul composes", "\u1112\u1161\u11AB글", "한글"},

		{"tab vanishes", "a\tb\x7Fc", "abc"},
		{"newline separates", "a\r\nb", "a b"},
		{"newline separates in any script", "é\nb\u0085c", "e bc"},
		{"byte order mark", "\uFEFFabc", "abc"},
		{"format characters separate", "a\u200Db", "a b"},
		{"private use separates", "é\uE000b", "e b"},
		{"noncharacter separates", "é\uFFFEb\uFDD0c", "e b c"},
		{"unassigned is kept", "a\u0378", "a \u0378"},
		{"not UTF-8 separates", "caf\xe9s été", "caf s ete"},
		{"emoji separate", "a😀b", "a b"},

		{"Han from digits", "日本2024", "日本 2024"},
		{"kana from kana and Han", "東京らーめんガイド", "東京 ら ー めん ガイド"},
		{"Latin with Cyrillic", "mixМосква", "mix москва"},
		{"Latin extensions stay together", "ŁódźǝẖⱥƎ", "łodzǝhⱥǝ"},
		{"no split at a separator", "日本 abc", "日本 abc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Normalize(tt.text); got != tt.want {
				t.Errorf("Normalize(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// TestNormalizeLimits tries each limit one below, at and one above.
func TestNormalizeLimits(t *testing.T) {
	repeat := strings.Repeat
	list := func(word string, n int) string { return strings.TrimSpace(repeat(word+" ", n)) }
	for _, tt := range []struct{ name, text, want string }{
		{"word -1", repeat("a", MaxWordBytes-1), repeat("a", MaxWordBytes-1)},
		{"word", repeat("a", MaxWordBytes), repeat("a", MaxWordBytes)},
		{"word +1", repeat("a", MaxWordBytes+1) + " b", repeat("a", MaxWordBytes) + " b"},
		{"wide word", repeat("日", 21), repeat("日", 21)},
		{"wide word +1", repeat("日", 22) + "本", repeat("日", 21)},
		{"next block after a cut word", repeat("日", 30) + "b", repeat("日", 21) + " b"},
		{"words -1", list("ab", MaxWords-1), list("ab", MaxWords-1)},
		{"words", list("ab", MaxWords), list("ab", MaxWords)},
		{"words +1", list("ab", MaxWords+1), list("ab", MaxWords)},
		{"wide words", list("ж", MaxWords), list("ж", MaxWords)},
		{"wide words +1", list("ж", MaxWords+1), list("ж", MaxWords)},
		{"text", repeat(" ", MaxTextBytes-1) + "a", "a"},
		{"text +1", repeat(" ", MaxTextBytes-1) + "ab", "a"},
		{"text cut between characters", repeat(" ", MaxTextBytes-3) + "aé", "ae"},
		{"text cut within a character", repeat(" ", MaxTextBytes-2) + "aé", "a"},
		{"text cut, not UTF-8", repeat("\x80", MaxTextBytes) + "a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Normalize(tt.text); got != tt.want {
				t.Errorf("Normalize = %q, want %q", got, tt.want)
			}
		})
	}

	t.Run("a text that grows", func(t *testing.T) {
		got := Normalize(repeat("\uFDFA", MaxTextBytes/3)) // each one is 18 letters and spaces
		if len(got) == 0 || len(got) > MaxTextBytes {
			t.Errorf("normalised to %d bytes, want 1 to %d", len(got), MaxTextBytes)
		}
		checkNormal(t, got)
	})
}

// TestNormalizeEveryRune takes each code point behind letters of other blocks;
// of those without a name, and of the Han and Hangul letters, a sample.
func TestNormalizeEveryRune(t *testing.T) {
	uniform := []*unicode.RangeTable{unicode.Cn, unicode.Co, unicode.Han, unicode.Hangul}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r%61 != 0 && unicode.In(r, uniform...) {
			continue
		}
		checkNormal(t, Normalize("か"+string(r)+"α"+string(r)+"\u3099"))
		if t.Failed() {
			t.Fatalf("at %U", r)
		}
	}
}

func TestNormalizeProperties(t *testing.T) {
	runes := rapid.OneOf(
		rapid.Rune(),
		rapid.RuneFrom([]rune("aZ09 ._-\n\t\uFEFF")),
		rapid.RuneFrom(nil, unicode.Mn, unicode.Lu, unicode.Lo),
		rapid.RuneFrom([]rune("カナ\u3099\u309A\u0345\u094D\u093C\u0334\u1100\u1161\u11A8ßẞςﷺ")),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(runes, 0, 200).Draw(t, "text"))
		checkNormal(t, Normalize(text))
	})
}

// TestMarkRuns holds for more marks in a row than the normal forms allow
// without a joiner between.
func TestMarkRuns(t *testing.T) {
	for _, marks := range []string{
		strings.Repeat("\u3099", 40),
		strings.Repeat("\u094D", 31) + "\u093C",
		strings.Repeat("\u0301", 20) + strings.Repeat("\u094D", 20) + "\u093C",
		strings.Repeat("\u0345\u094D", 20) + "\u093C",
	} {
		checkNormal(t, Normalize("か"+marks+"a"))
	}
}

func TestAppendNormalized(t *testing.T) {
	for _, text := range []string{"Plain Name.TXT", "naïve", ""} {
		got := string(AppendNormalized([]byte("kept|"), text))
		if want := "kept|" + Normalize(text); got != want {
			t.Errorf("AppendNormalized(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestAppendNormalizedAllocs(t *testing.T) {
	buf := make([]byte, 0, MaxTextBytes)
	if n := testing.AllocsPerRun(100, func() { AppendNormalized(buf, "Some_Band - (03) A Song [Live].mp3") }); n != 0 {
		t.Errorf("%v allocations for an ASCII name, want 0", n)
	}
}

// checkNormal fails unless s is a normal form: letters, digits and the marks
// kept, single spaces, within the limits, its own normal form.
func checkNormal(t interface {
	Helper()
	Errorf(string, ...any)
}, s string) {
	t.Helper()
	if !utf8.ValidString(s) || len(s) > MaxTextBytes {
		t.Errorf("%q: not UTF-8 or %d bytes", s, len(s))
	}
	if again := Normalize(s); again != s {
		t.Errorf("%q is not its own normal form, but %q", s, again)
	}
	if s == "" {
		return
	}
	words := strings.Split(s, " ")
	if len(words) > MaxWords {
		t.Errorf("%q has %d words", s, len(words))
	}
	for _, word := range words {
		if word == "" || len(word) > MaxWordBytes {
			t.Errorf("%q: word %q of %d bytes", s, word, len(word))
		}
		for i, r := range word {
			if !isWordRune(r) && !(unicode.Is(unicode.Mn, r) && changesMeaning(word[i:])) {
				t.Errorf("%q holds %U", s, r)
			}
		}
	}
	if !slices.Equal(words, slices.Collect(Words(s))) {
		t.Errorf("%q: Words yields %q", s, slices.Collect(Words(s)))
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", "Café_Été-01.MP3", "Straße ﬁle SØREN", "日本2024", "\uFEFFabc\n\x80", "\u304B\u3099\u094D\u0345"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Normalize(text)
		checkNormal(t, got)
		if wide := appendSplit(nil, appendFolded(nil, cut(text, MaxTextBytes))); isASCII(text) && string(wide) != got {
			t.Errorf("%q: %q by the ASCII path, %q by the other", text, got, wide)
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func BenchmarkAppendNormalized(b *testing.B) {
	for _, bb := range []struct{ name, text string }{
		{"ascii", "Some_Band - (03) A Song [Live at Somewhere].mp3"},
		{"latin", "Café_Été - (03) Où est la chanson [naïve].mp3"},
		{"han", "東京らーめんガイド2024年版（最新）.pdf"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			buf := make([]byte, 0, MaxTextBytes)
			b.ReportAllocs()
			for b.Loop() {
				AppendNormalized(buf, bb.text)
			}
		})
	}
}
