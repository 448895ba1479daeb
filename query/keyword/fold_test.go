package keyword

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// TestFoldAgainstUnicode holds our folding against Unicode's full case folding
// for every decomposed letter. They differ only where one lower-case letter is
// folded to another.
func TestFoldAgainstUnicode(t *testing.T) {
	const kept = "ςᲀᲁᲂᲃᲄᲅᲆᲇᲈ"
	fold := cases.Fold()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		s := string(r)
		if !unicode.IsLetter(r) && r != '\u0345' || norm.NFKD.String(s) != s {
			continue
		}
		want := strings.Map(unicode.ToLower, fold.String(s)) // Cherokee folds to capitals
		if strings.ContainsRune(kept, r) {
			want = s
		}
		if got := string(appendFolded(nil, s)); got != want && (got != " " || isWordRune([]rune(want)[0])) {
			t.Errorf("%U folds to %q, want %q", r, got, want)
		}
	}
}

func TestBlocks(t *testing.T) {
	for i := 1; i < len(blockStarts); i++ {
		if blockStarts[i-1] >= blockStarts[i] {
			t.Errorf("block starts %U and %U out of order", blockStarts[i-1], blockStarts[i])
		}
	}
	for _, tt := range []struct {
		a, b rune
		same bool
	}{
		{'a', 'ø', true}, {'a', '9', true}, {'a', '\u036F', true}, {'a', 'α', false},
		{'a', 'ẟ', true}, {'a', 'ᴀ', true}, {'a', 'ⱥ', true}, {'a', 'ꜳ', true}, {'a', '\uAB30', true},
		{'\u036F', '\u0370', false}, {'\u0370', '\u03FF', true}, {'\u03FF', '\u0400', false},
		{'あ', 'ア', false}, {'ア', 'ー', true}, {'一', '\u3400', false}, {'一', '\u9FFF', true},
		{'가', '힣', true}, {'\U00010000', '\U0001FFFF', true}, {'\U0001FFFF', '\U00020000', false},
		{unicode.MaxRune, '\U00032000', true},
	} {
		if same := blockOf(tt.a) == blockOf(tt.b); same != tt.same {
			t.Errorf("%U and %U in one block: %v, want %v", tt.a, tt.b, same, tt.same)
		}
	}
}
