package config

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzTOML loads a file: what passes is of the right type and within bounds, and
// what does not is told in few lines that name the file.
func FuzzTOML(f *testing.F) {
	f.Add([]byte("# all\nlisten = \"0.0.0.0:6346\"\nseeds = ['a.example:1', \"[::1]:2\"]\nneighbors = 8\nrescan = \"10m\"\nwatch = true\n"))
	f.Add([]byte("ttl = 9\r\nlog = '''x\ny'''\nneigbors = 0x10\n[a.b]\nc = {d = [1, {}]}\n[[e]]\n"))
	f.Add([]byte("shares = [\"\\u0000\", '~/x', 'rel']\ndownloads = ''\nrescan = 0\n"))
	f.Add([]byte("a = [[[[[[[[[[[[[[[[[["))
	f.Add([]byte("ttl = 1979-05-27T07:32:00Z\nttl = inf\n"))
	request := Request{OS: "linux", Env: []string{"HOME=/home/ann"}}
	paths, err := Locate(request)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l := loader{request: request, paths: paths, settings: Settings(), env: variables(request.Env)}
		layer := l.toml("/c/config.toml", data)
		if len(l.problems) > maxProblems {
			t.Fatalf("%d problems", len(l.problems))
		}
		for _, p := range l.problems {
			if p.Origin.Name != "/c/config.toml" || p.Origin.Line > 1+bytes.Count(data, []byte("\n")) {
				t.Fatalf("a problem in %s: %s", p.Origin, p.Text)
			}
		}
		for key, value := range layer.values {
			s := find(l.settings, key)
			if value, err := s.parse(textsOf(value)); err != nil {
				t.Fatalf("%s has the value %v: %v", key, value, err)
			}
			if line := layer.origins[key].Line; line < 1 || line > 1+bytes.Count(data, []byte("\n")) {
				t.Fatalf("%s is in line %d", key, line)
			}
			for _, folder := range textsOf(value) {
				if s.form == formFolder && !filepath.IsAbs(folder) {
					t.Fatalf("%s has the relative folder %q", key, folder)
				}
			}
		}
	})
}

// textsOf undoes parse.
func textsOf(value any) []string {
	if list, ok := value.([]string); ok {
		return list
	}
	return []string{fmt.Sprint(value)}
}

// FuzzEdit sets a value in any document: all other entries stay as they were.
func FuzzEdit(f *testing.F) {
	f.Add([]byte("# a\nttl = 9 # b\nlog = 'info'\n"), 3)
	f.Add([]byte("seeds = [\n1,\n]\r\n[a]\nttl = 1"), 7)
	f.Add([]byte("ttl.x = 1"), 1)
	f.Add([]byte(" \"ttl\"='''\n'''#"), 0)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		s := find(Settings(), "ttl")
		line, err := s.line(n, "/")
		if err != nil {
			t.Fatal(err)
		}
		given := slices.Clone(data)
		before, _, bad := parseTOML(data)
		after, refused := edit(data, "ttl", line)
		if !bytes.Equal(data, given) {
			t.Fatalf("the given document has become %q", data)
		}
		if refused != nil {
			if bad == nil && before["ttl"] == nil {
				t.Fatalf("%q is refused: %s", data, refused.text)
			}
			return
		}
		if bad != nil {
			t.Fatalf("%q is no TOML, %s, but became %q", data, bad.text, after)
		}
		values, _, bad := parseTOML(after)
		if bad != nil {
			t.Fatalf("%q became %q: %s", data, after, bad.text)
		}
		if values["ttl"] != int64(n) {
			t.Fatalf("ttl = %v, want %d, in %q", values["ttl"], n, after)
		}
		delete(values, "ttl")
		delete(before, "ttl")
		if len(values) != len(before) {
			t.Fatalf("%q became %q", data, after)
		}
		for key := range before {
			if _, ok := values[key]; !ok {
				t.Fatalf("%s is lost: %q became %q", key, data, after)
			}
		}
	})
}
