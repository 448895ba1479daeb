package query

import (
	"errors"
	"fmt"

	"filbert/query/index"
	"filbert/query/keyword"
	"filbert/transfer/urn"
)

const (
	// maxText is the longest text that is sent, in bytes, once normalised:
	// other servents drop queries above 256 bytes in all.
	maxText = 200

	// minWord is how many characters the longest word must have at least:
	// route tables know no shorter ones.
	minWord = 3
)

// Errors of Check.
var (
	ErrNoWords = fmt.Errorf("no word of at least %d letters or digits to search for", minWord)
	ErrTooLong = fmt.Errorf("more than %d bytes of words", maxText)
	ErrSizes   = errors.New("the minimum size is above the maximum size")
	ErrNotNew  = errors.New("the newest files cannot be asked for by words or hash; leave these out")
)

// Query asks for files: by words, each of which must begin a word of the file's
// name, by hash, or for the newest ones there are nearby.
type Query struct {
	Text    string   // words as typed; "" with a hash
	New     bool     // the newest files of everybody nearby, of whatever name
	SHA1    urn.SHA1 // the file itself, asked for by its hash or, with a text, by words; zero = any
	Media   index.Media
	MinSize int64 // bytes
	MaxSize int64 // bytes, 0 = any
	Hops    int   // how far to ask, where that means anything; 0 = as far as usual
}

// Named reports whether the query names one file.
func (q Query) Named() bool { return q.SHA1 != urn.SHA1{} }

// ByHash reports whether it is asked for by hash.
func (q Query) ByHash() bool { return q.Named() && q.Text == "" }

// Check tells why a query cannot be asked: ErrNoWords, ErrTooLong, ErrSizes or
// ErrNotNew.
func (q Query) Check() error {
	if q.MaxSize > 0 && q.MinSize > q.MaxSize {
		return ErrSizes
	}
	switch {
	case q.New && (q.Named() || q.Text != ""):
		return ErrNotNew
	case q.New || q.ByHash():
		return nil
	}
	text := keyword.Normalize(q.Text)
	if len(text) > maxText {
		return ErrTooLong
	}
	for word := range keyword.Words(text) {
		if len([]rune(word)) >= minWord {
			return nil
		}
	}
	return ErrNoWords
}

// Accepts reports whether a hit is what was asked for. Locators filter as far
// as their protocol allows; this is the last word.
func (q Query) Accepts(h Hit) bool {
	return (!q.Named() || h.File.SHA1 == q.SHA1) &&
		(q.Media == 0 || q.Media&index.MediaOf(h.File.Name) != 0) &&
		h.File.Size >= q.MinSize && (q.MaxSize == 0 || h.File.Size <= q.MaxSize)
}
