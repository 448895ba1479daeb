package corpus

import "strings"

// Search is a query whose answer is known.
type Search struct {
	Words string
	Files []*File // all that match
	Hits  int     // copies of them on other nodes than the asker: results that come back
}

// Match returns the files whose name has, for every word of query, a word that
// begins with it, whatever the case.
func (l *Library) Match(query string) []*File {
	words := strings.FieldsFunc(strings.ToLower(query), func(r rune) bool { return r == ' ' || r == '-' || r == '.' })
	var found []*File
	for _, f := range l.Files {
		if len(words) > 0 && f.matches(words) {
			found = append(found, f)
		}
	}
	return found
}

func (f *File) matches(words []string) bool {
next:
	for _, word := range words {
		for _, own := range f.words {
			if strings.HasPrefix(own, word) {
				continue next
			}
		}
		return false
	}
	return true
}

// Searches returns three queries for the node asker, or -1 for none of the
// nodes: one for the popular file alone, one that matches several files if any
// does, and one for a rare file alone.
func (l *Library) Searches(asker int) [3]Search {
	popular, rare := l.Popular().words, l.Rare(asker).words
	return [3]Search{
		l.search(strings.Join(popular[:4], " "), asker),
		l.search(l.several(), asker),
		l.search(strings.Join(rare[:4], " "), asker),
	}
}

func (l *Library) search(words string, asker int) Search {
	s := Search{Words: words, Files: l.Match(words)}
	for _, f := range s.Files {
		for _, owner := range f.Owners {
			if owner != asker {
				s.Hits++
			}
		}
	}
	return s
}

// several returns words that match between 2 and maxSearchFiles files: one word
// of a name, in large libraries two or three. If there are none, it returns a
// word of the most popular file.
func (l *Library) several() string {
	for _, f := range l.Files {
		a, b, c, d := f.words[0], f.words[1], f.words[2], f.words[3]
		for _, words := range []string{d, c, b, a, c + " " + d, a + " " + b, a + " " + c, b + " " + d, b + " " + c + " " + d} {
			if n := len(l.Match(words)); n >= 2 && n <= maxSearchFiles {
				return words
			}
		}
	}
	return l.Popular().words[3]
}
