package shell

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRegion draws more and less, wide characters, and too much for the
// terminal, below a line that stays.
func TestRegion(t *testing.T) {
	s := newScreen(5, 10)
	g := &Region{w: s, size: func() (int, int) { return s.cols, s.rows }}
	s.Write([]byte("$ watch\r\n"))
	for _, step := range []struct {
		show []string
		want string
	}{
		{[]string{"one", "two"}, "$ watch\none\ntwo"},
		{[]string{"1", "2", "3"}, "$ watch\n1\n2\n3"},
		{[]string{"less"}, "$ watch\nless"},
		{nil, "$ watch"},
		{[]string{"日本語日本語", "0123456789"}, "$ watch\n日本語日…\n01234567…"},
		{[]string{"a", "b", "c", "d", "e", "f"}, "a\nb\nc\nd"},
		{[]string{"g"}, "g"},
	} {
		if err := g.Show(step.show); err != nil {
			t.Fatal(err)
		}
		if got := s.String(); got != step.want {
			t.Errorf("%q shows %q, want %q", step.show, got, step.want)
		}
	}
	if s.colored {
		t.Error("it is colored")
	}
}

// TestRegionNarrower: what a terminal wrapped when it became narrower is drawn
// over as a whole.
func TestRegionNarrower(t *testing.T) {
	s := newScreen(5, 10)
	g := &Region{w: s, size: func() (int, int) { return s.cols, s.rows }}
	if err := g.Show([]string{"12345678", "abc"}); err != nil {
		t.Fatal(err)
	}
	s = newScreen(5, 5)
	s.Write([]byte("12345678\r\nabc\r\n"))
	g.w = s
	if err := g.Show([]string{"x"}); err != nil || s.String() != "x" {
		t.Errorf("%q, %v", s, err)
	}
}

func TestRegionOfNoTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if NewRegion(f) != nil {
		t.Error("a file has a region")
	}
}
