package transfer

import (
	"strings"
	"testing"
)

func TestNumbered(t *testing.T) {
	long := strings.Repeat("ä", 130) // 260 bytes
	for _, c := range []struct {
		name string
		n    int
		want string
	}{
		{"a.txt", 1, "a.txt"},
		{"a.txt", 2, "a (2).txt"},
		{"a.tar.gz", 10, "a.tar (10).gz"},
		{"a", 2, "a (2)"},
		{".profile", 2, ".profile (2)"},
		{"a.this is no extension", 2, "a.this is no extension (2)"},
		{long[:250] + ".txt", 2, long[:246] + " (2).txt"},
		{long[:252], 1000, long[:248] + " (1000)"},
	} {
		if got := Numbered(c.name, c.n); got != c.want || len(got) > maxName {
			t.Errorf("Numbered(%q, %d) = %q, %d bytes", c.name, c.n, got, len(got))
		}
	}
}
