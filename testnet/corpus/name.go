package corpus

import (
	_ "embed"
	"math/rand/v2"
	"strings"
)

// wordLists holds the words of names, a line for each place in a name. No word is
// part of another, so that all ways to match words agree on who matches.
//
//go:embed words.txt
var wordLists string

// extensions are those of the media types of Gnutella: documents, audio, images
// and archives.
var extensions = [...]string{"txt", "md", "ogg", "jpg", "pdf", "zip"}

// namer makes names of which no two are equal.
type namer struct {
	rnd   *rand.Rand
	all   []string // the words of all lists
	lists [4][]string
	taken map[string]bool // names without extension
}

func newNamer(rnd *rand.Rand) *namer {
	n := &namer{rnd: rnd, all: strings.Fields(wordLists), taken: map[string]bool{}}
	lines := strings.Split(wordLists, "\n")
	for i := range n.lists {
		n.lists[i] = strings.Fields(lines[i])
	}
	return n
}

// next returns a name such as "amber-river field notes.txt" and its words. There
// are sixteen times as many names as MaxCopies.
func (n *namer) next() (name string, words []string) {
	for {
		words = make([]string, 0, len(n.lists)+1)
		for _, list := range n.lists {
			words = append(words, list[n.rnd.IntN(len(list))])
		}
		name = words[0] + "-" + strings.Join(words[1:], " ")
		if !n.taken[name] {
			n.taken[name] = true
			ext := extensions[n.rnd.IntN(len(extensions))]
			return name + "." + ext, append(words, ext)
		}
	}
}
