package keyword

import (
	"errors"
	"slices"
	"testing"
)

func TestParseQuery(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []Word
	}{
		{"one word", "Gnutella", []Word{{"gnutella", 1}}},
		{"order of appearance", "protocol gnutella", []Word{{"protocol", 1}, {"gnutella", 1}}},
		{"wanted twice", "The file is THE one", []Word{{"the", 2}, {"file", 1}, {"is", 1}, {"one", 1}}},
		{"equal once normalised", "Été ete", []Word{{"ete", 2}}},
		{"a beginning is a word of its own", "lin linux", []Word{{"lin", 1}, {"linux", 1}}},
		{"byte order mark", "\xEF\xBB\xBFubuntu", []Word{{"ubuntu", 1}}},
		{"URN query", `\`, nil},
		{"empty", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseQuery(tt.text)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("ParseQuery(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
			}
		})
	}
	for _, text := range []string{"caf\xe9", "\xC0\x80", "\xED\xA0\x80"} {
		if got, err := ParseQuery(text); !errors.Is(err, ErrEncoding) {
			t.Errorf("ParseQuery(%q) = %v, %v, want ErrEncoding", text, got, err)
		}
	}
}

// FuzzParseQuery checks that the words of a query are distinct, and as many as
// those of its text.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"", "the file is the one", "\\", "caf\xe9", "été ete"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, err := ParseQuery(text)
		if err != nil {
			if words != nil {
				t.Errorf("words %v beside error %v", words, err)
			}
			return
		}
		total := 0
		for i, word := range words {
			total += word.Count
			if slices.ContainsFunc(words[:i], func(w Word) bool { return w.Text == word.Text }) {
				t.Errorf("%q stands twice in %v", word.Text, words)
			}
		}
		if n := len(slices.Collect(Words(Normalize(text)))); total != n || total > MaxWords {
			t.Errorf("%d words counted, the text has %d", total, n)
		}
	})
}
