package query

import (
	"strings"
	"testing"
)

func TestWordsOf(t *testing.T) {
	for name, want := range map[string]string{
		"Blue Film.avi":                         "blue film",
		"The Art of the Fugue - No. 14 (c).ogg": "the art fugue",
		"one two three four five sixes.tar.gz":  "three four five sixes", // "tar" comes last of those of three letters
		"a b c.txt":                             "",
		"":                                      "",
		".hidden":                               "",
		"Größe der Welt, die.mkv":               "grosse der welt die",
		strings.Repeat("x", 60) + " " + strings.Repeat("y", 60) + " " + strings.Repeat("z", 60) + " " + strings.Repeat("w", 60):// four are too long
		strings.Repeat("x", 60) + " " + strings.Repeat("y", 60) + " " + strings.Repeat("z", 60),
	} {
		got := WordsOf(name)
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		if err := (Query{Text: got}).Check(); err != nil && got != "" {
			t.Errorf("%q is asked for as %q: %v", name, got, err)
		}
	}
}
