package query

import (
	"path"
	"slices"
	"strings"

	"filbert/query/keyword"
)

// maxWords is how many words of a name are searched for: the more, the fewer who
// call the file by another name are found.
const maxWords = 4

// WordsOf is the text by which a file of that name is searched for: its longest words,
// in their order, without the extension; "" if none is long enough.
func WordsOf(name string) string {
	words := slices.Collect(keyword.Words(keyword.Normalize(strings.TrimSuffix(name, path.Ext(name)))))
	words = slices.DeleteFunc(words, func(w string) bool { return len([]rune(w)) < minWord })
	longest := slices.Clone(words)
	slices.SortStableFunc(longest, func(a, b string) int { return len([]rune(b)) - len([]rune(a)) })
	kept := map[string]bool{}
	size := 0
	for _, w := range longest {
		if len(kept) < maxWords && !kept[w] && size+len(w)+1 <= maxText {
			kept[w] = true
			size += len(w) + 1
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool {
		first := kept[w]
		kept[w] = false
		return !first
	})
	return strings.Join(words, " ")
}
