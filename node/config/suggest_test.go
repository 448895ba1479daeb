package config

import "testing"

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"abc", "ac", 1},
		{"abc", "xabc", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}, {"abcd", "badc", 2},
	} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance of %q and %q is %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"ttl", "api", "seeds", "neighbors", "max-neighbors", "FILBERT_UPLOAD_SLOTS"}
	for name, want := range map[string]string{
		"tll": "ttl", "TTL": "ttl", "seed": "seeds", "max_neighbours": "max-neighbors", "neighbours": "neighbors",
		"FILBERT_UPLOADSLOTS": "FILBERT_UPLOAD_SLOTS", "FILBERT_TOKEN": "", "port": "", "": "",
	} {
		if got := nearest(name, known); got != want {
			t.Errorf("%q is nearest to %q, want %q", name, got, want)
		}
	}
}
