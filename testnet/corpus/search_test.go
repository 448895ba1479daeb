package corpus

import (
	"slices"
	"strings"
	"testing"
)

func TestSearches(t *testing.T) {
	for _, plan := range []Plan{
		{Nodes: 2, FilesPerNode: 2}, {Nodes: 5, FilesPerNode: 4}, {Nodes: 20, FilesPerNode: 5, Seed: 1},
		{Nodes: 200, FilesPerNode: 10}, {Nodes: 1000, FilesPerNode: 10, MinSize: 64, MaxSize: 64},
	} {
		l := must(t, plan)
		for _, asker := range []int{-1, 0, 1} {
			searches := l.Searches(asker)
			for _, s := range searches {
				files, hits := byHand(l, s.Words, asker)
				if len(files) != len(s.Files) || hits != s.Hits {
					t.Errorf("%d nodes, asker %d, %q: %d files and %d hits, counted by hand %d and %d",
						plan.Nodes, asker, s.Words, len(s.Files), s.Hits, len(files), hits)
				}
			}
			popular, several, rare := searches[0], searches[1], searches[2]
			if len(popular.Files) != 1 || popular.Files[0] != l.Popular() {
				t.Errorf("%d nodes: the popular search %q finds %d files", plan.Nodes, popular.Words, len(popular.Files))
			}
			if n := len(several.Files); plan.Nodes >= 20 && (n < 2 || n > maxSearchFiles) {
				t.Errorf("%d nodes: the search for several %q finds %d files", plan.Nodes, several.Words, n)
			}
			if len(rare.Files) != 1 || rare.Hits != 1 {
				t.Errorf("%d nodes, asker %d: the rare search %q finds %d files with %d hits",
					plan.Nodes, asker, rare.Words, len(rare.Files), rare.Hits)
			}
		}
	}
}

// byHand finds names that contain the words anywhere.
func byHand(l *Library, words string, asker int) (files []*File, hits int) {
	for _, f := range l.Files {
		has := true
		for _, word := range strings.Fields(words) {
			has = has && strings.Contains(f.Name, word)
		}
		if !has {
			continue
		}
		files = append(files, f)
		hits += len(f.Owners)
		if slices.Contains(f.Owners, asker) {
			hits--
		}
	}
	return files, hits
}

func TestMatch(t *testing.T) {
	l := must(t, Plan{Nodes: 10, FilesPerNode: 10})
	f := l.Files[3]
	w := f.words
	for _, tt := range []struct {
		query string
		want  bool
	}{
		{f.Name, true},
		{strings.ToUpper(f.Name), true},
		{w[3] + " " + w[0], true},
		{w[0][:4] + "  " + w[4], true},
		{w[0] + " " + w[0], true},
		{w[0] + " nowhere", false},
		{w[0][1:], false},
		{"", false},
		{" -.", false},
	} {
		if got := slices.Contains(l.Match(tt.query), f); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.query, f.Name, got)
		}
	}
}
