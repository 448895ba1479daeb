package keyword

import (
	"errors"
	"iter"
	"strings"
	"unicode/utf8"
)

// ErrEncoding is returned by ParseQuery for text that is not UTF-8. Servents
// drop such a query.
var ErrEncoding = errors.New("keyword: query text is not UTF-8")

// Word is a word of a query, normalised.
type Word struct {
	Text  string
	Count int // how many words of a name must begin with Text
}

// Words yields the words of normalised text in order, repeated ones included.
func Words(normalized string) iter.Seq[string] {
	return strings.FieldsSeq(normalized)
}

// ParseQuery normalises the text of a query and returns its distinct words in
// order of appearance. A word that stands N times in the query is wanted N
// times. There are none if the text holds no letter or digit, as in a query
// for URNs alone.
func ParseQuery(text string) ([]Word, error) {
	if !utf8.ValidString(text) {
		return nil, ErrEncoding
	}
	text = Normalize(text)
	if text == "" {
		return nil, nil
	}
	words := make([]Word, 0, 1+strings.Count(text, " "))
next:
	for text := range Words(text) {
		for i := range words {
			if words[i].Text == text {
				words[i].Count++
				continue next
			}
		}
		words = append(words, Word{Text: text, Count: 1})
	}
	return words, nil
}
