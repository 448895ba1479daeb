package index

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"filbert/query/keyword"
)

// A corpus makes names the way people name files: a few words are everywhere,
// most are rare. The same seed makes the same names.
type corpus struct {
	rnd   *rand.Rand
	words []string
	zipf  *rand.Zipf
}

var extensions = []string{"mp3", "mp3", "mp3", "avi", "pdf", "jpg", "zip", "txt", "torrent", ""}

func newCorpus(seed uint64, words int) *corpus {
	rnd := rand.New(rand.NewPCG(seed, 0))
	c := &corpus{rnd: rnd, zipf: rand.NewZipf(rnd, 1.1, 8, uint64(words-1))}
	const consonants, vowels = "bcdfghklmnprstvwz", "aeiouy"
	for range words {
		var b strings.Builder
		for range 1 + rnd.IntN(4) {
			b.WriteByte(consonants[rnd.IntN(len(consonants))])
			b.WriteByte(vowels[rnd.IntN(len(vowels))])
			if rnd.IntN(3) == 0 {
				b.WriteByte(consonants[rnd.IntN(len(consonants))])
			}
		}
		c.words = append(c.words, b.String())
	}
	return c
}

func (c *corpus) word() string { return c.words[c.zipf.Uint64()] }

func (c *corpus) name() string {
	var b strings.Builder
	for i := range 3 + c.rnd.IntN(5) {
		if i > 0 {
			b.WriteByte(" _-."[c.rnd.IntN(4)])
		}
		b.WriteString(c.word())
	}
	if c.rnd.IntN(2) == 0 {
		fmt.Fprintf(&b, " (%02d)", c.rnd.IntN(20))
	}
	if ext := extensions[c.rnd.IntN(len(extensions))]; ext != "" {
		b.WriteString("." + ext)
	}
	return b.String()
}

func (c *corpus) sha1() (sum [20]byte) {
	for i := range sum {
		sum[i] = byte(c.rnd.Uint32())
	}
	return sum
}

// entries makes n files with IDs from first on.
func (c *corpus) entries(first uint32, n int) []Entry {
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{
			ID: first + uint32(i), Name: c.name(), Size: c.rnd.Int64N(1 << 30),
			SHA1: c.sha1(), Partial: c.rnd.IntN(20) == 0,
		}
	}
	return entries
}

// query makes a query whose words are words of the corpus or beginnings.
func (c *corpus) query(words int) *Query {
	q := &Query{}
	for range words {
		word := c.word()
		if c.rnd.IntN(3) == 0 {
			word = word[:1+c.rnd.IntN(len(word))]
		}
		q.Words = append(q.Words, keyword.Word{Text: word, Count: 1 + c.rnd.IntN(8)/7})
	}
	return q
}

// textQuery is the query of a person who typed text.
func textQuery(text string) *Query {
	words, err := keyword.ParseQuery(text)
	if err != nil {
		panic(err)
	}
	return &Query{Words: words}
}

// matches is the rule, written down without regard to speed.
func matches(q *Query, e *Entry) bool {
	if q.Media != 0 && q.Media&MediaOf(e.Name) == 0 || e.Size < q.MinSize || q.MaxSize > 0 && e.Size > q.MaxSize ||
		e.Partial && !q.Partials {
		return false
	}
	for _, sum := range q.SHA1s {
		if sum == e.SHA1 && sum != [20]byte{} {
			return true
		}
	}
	names := strings.Split(keyword.Normalize(e.Name), " ")
	for _, word := range q.Words {
		n := 0
		for _, name := range names {
			if name != "" && strings.HasPrefix(name, word.Text) {
				n++
			}
		}
		if n == 0 || n < word.Count {
			return false
		}
	}
	return len(q.Words) > 0
}
