package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// errTold is the failure of a command that has told it by itself.
var errTold = errors.New("")

// recorder notes what it is to run, and fails as words say.
type recorder struct{ ran [][]string }

func (r *recorder) Run(_ context.Context, words []string) error {
	r.ran = append(r.ran, words)
	switch words[0] {
	case "fail":
		return errors.New("no such thing\x1b[2J")
	case "told":
		return errTold
	case "exit":
		return ErrExit
	}
	return nil
}

func (*recorder) Complete(context.Context, []string, string) []Completion { return nil }

// feed runs text as a pipe would, and returns what was run and complained of.
func feed(t *testing.T, text string) (ran [][]string, complaints string, err error) {
	t.Helper()
	file := func(name, content string) *os.File {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	var r recorder
	out, stderr := file("out", ""), file("err", "")
	err = Run(t.Context(), Config{Executor: &r, In: file("in", text), Out: out, Err: stderr, Greeting: "welcome"})
	if said, readErr := os.ReadFile(out.Name()); readErr != nil || len(said) > 0 {
		t.Errorf("standard output holds %q, %v: no prompt and no greeting belong there", said, readErr)
	}
	said, readErr := os.ReadFile(stderr.Name())
	if readErr != nil {
		t.Fatal(readErr)
	}
	return r.ran, string(said), err
}

// TestLines runs lines of a file: all of them, whatever fails, and tells which
// line it was.
func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		ran        int
		complaints string
		line       int // of the last failure, 0 = none
	}{
		{"all well", "one a\n\n  # nothing\ntwo 'b c'\r\nthree", 3, "", 0},
		{"one fails", "one\nfail\nthree\n", 3, "error: line 2: no such thing[2J\n", 2},
		{"the last failure counts", "fail\ntold\n", 2, "error: line 1: no such thing[2J\n", 2},
		{"told already", "told\n", 1, "", 1},
		{"exit ends it", "one\nexit\nfail\n", 2, "", 0},
		{"a quote is open", "echo 'a\none\n", 1, "error: line 1: unterminated single quote at column 6\n", 1},
		{"too long", strings.Repeat("x", maxLineBytes+1) + "\none\n", 1, fmt.Sprintf("error: line 1: line longer than %d bytes\n", maxLineBytes), 1},
	} {
		ran, complaints, err := feed(t, tt.text)
		if len(ran) != tt.ran || complaints != tt.complaints {
			t.Errorf("%s: ran %q, complained %q; want %d lines and %q", tt.name, ran, complaints, tt.ran, tt.complaints)
		}
		var failed *LineError
		if errors.As(err, &failed) != (tt.line > 0) || failed != nil && failed.Line != tt.line {
			t.Errorf("%s: ended with %v, want a failure of line %d", tt.name, err, tt.line)
		}
		if tt.name == "told already" && !errors.Is(err, errTold) {
			t.Errorf("%s: %v does not wrap the failure", tt.name, err)
		}
	}
	if ran, _, _ := feed(t, "get 'a b' c\n"); len(ran) != 1 || !slices.Equal(ran[0], []string{"get", "a b", "c"}) {
		t.Errorf("ran %q", ran)
	}
}
