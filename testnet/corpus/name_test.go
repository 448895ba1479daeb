package corpus

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestWords holds what the searches rely on: no word, extensions included, is
// part of another, so that whole words, beginnings and substrings match alike.
func TestWords(t *testing.T) {
	n := newNamer(nil)
	all := append(n.all, extensions[:]...)
	for i, a := range all {
		for j, b := range all {
			if i != j && strings.Contains(b, a) {
				t.Errorf("%s is part of %s", a, b)
			}
		}
	}
	for i, list := range n.lists {
		if len(list) != 64 {
			t.Errorf("list %d has %d words, want 64", i, len(list))
		}
	}
}

func TestNames(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]{4,}-[a-z]{4,} [a-z]{4,} [a-z]{4,}\.(txt|md|ogg|jpg|pdf|zip)$`)
	n := newNamer(rand.New(rand.NewPCG(1, 0)))
	seen := map[string]bool{}
	for range 10_000 {
		name, words := n.next()
		if !form.MatchString(name) || seen[name] {
			t.Fatalf("name %q is malformed or there already", name)
		}
		seen[name] = true
		if got := words[0] + "-" + strings.Join(words[1:4], " ") + "." + words[4]; got != name {
			t.Fatalf("the words of %q are %q", name, words)
		}
	}
}
