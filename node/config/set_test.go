package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestSet edits one line of a file and wants all else as it was.
func TestSet(t *testing.T) {
	for _, tt := range []struct {
		name, before string
		key          string
		values       []string
		after        string
	}{
		{"new file", "", "ttl", []string{"3"}, "ttl = 3\n"},
		{"append", "# mine\nlog = 'warn'\n", "ttl", []string{"3"}, "# mine\nlog = 'warn'\nttl = 3\n"},
		{"append to an unended line", "log = 'warn' # x", "ttl", []string{"3"}, "log = 'warn' # x\nttl = 3\n"},
		{"replace", "# a\nttl=9#b\n\n# c\nlog = 'warn'\n", "ttl", []string{"3"}, "# a\nttl = 3#b\n\n# c\nlog = 'warn'\n"},
		{"replace, indented, CRLF", "  \"ttl\" = 4 # b\r\nlog = 'info'\r\n", "ttl", []string{"3"}, "  ttl = 3 # b\r\nlog = 'info'\r\n"},
		{
			"replace a list of many lines", "seeds = [\n  'a.example:1', # x\n]\nttl = 1\n", "seeds", []string{"b.example:2", "c.example:3"},
			"seeds = ['b.example:2', 'c.example:3']\nttl = 1\n",
		},
		{"empty list", "seeds = ['a.example:1']", "seeds", nil, "seeds = []"},
		{"text that looks like a key", "log = '''\nttl = 1\n'''\n", "ttl", []string{"3"}, "log = '''\nttl = 1\n'''\nttl = 3\n"},
		{"before a table", "log = 'warn'\n\n  [later]\nttl = 1\n", "ttl", []string{"3"}, "log = 'warn'\n\nttl = 3\n  [later]\nttl = 1\n"},
		{"beside a dotted key", "later.ttl = 1\n", "ttl", []string{"3"}, "later.ttl = 1\nttl = 3\n"},
		{"duration", "", "rescan", []string{"120s"}, "rescan = '2m'\n"},
		{"off", "", "rescan", []string{"0"}, "rescan = '0s'\n"},
		{"bool", "watch = true", "watch", []string{"0"}, "watch = false"},
		{"folders", "", "shares", []string{"music", "~/books", "/x/../y"}, "shares = ['/here/music', '~/books', '/y']\n"},
		{"quotes", "", "downloads", []string{`/it's "here"\`}, "downloads = \"/it's \\\"here\\\"\\\\\"\n"},
		{"no folder", "downloads = '/x'", "downloads", []string{""}, "downloads = ''"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "new", "config.toml")
			if tt.before != "" {
				if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(tt.before), 0o640)); err != nil {
					t.Fatal(err)
				}
			}
			if err := Set(file, "/here", tt.key, tt.values); err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(file)
			if err != nil || string(after) != tt.after {
				t.Errorf("the file holds\n%s\nwant\n%s", after, tt.after)
			}
			mode := fs.FileMode(0o600)
			if tt.before != "" {
				mode = 0o640
			}
			if info, err := os.Stat(file); err != nil || info.Mode() != mode {
				t.Errorf("mode %v, %v; want %v", info.Mode(), err, mode)
			}
			if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
				t.Errorf("%d files are in the folder, %v", len(entries), err)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	for _, tt := range []struct {
		before, key string
		values      []string
		want        string
	}{
		{"", "neighbours", []string{"3"}, "config: file FILE: neighbours: unknown: did you mean neighbors?"},
		{"", "ttl", []string{"9"}, `config: file FILE: ttl: "9" is not from 1 to 7`},
		{"", "ttl", nil, "config: file FILE: ttl: given 0 times: give it once"},
		{"a = 1\nttl =", "ttl", []string{"3"}, "config: file FILE:2: no TOML"},
		{"ttl = 1\nttl = 2\n", "ttl", []string{"3"}, "config: file FILE:2: no TOML"},
		{"\nttl.max = 1\n", "ttl", []string{"3"}, "config: file FILE:2: ttl is a table: remove it"},
		{"log = 'info'\n[[ttl]]\n", "ttl", []string{"3"}, "config: file FILE:2: ttl is a table: remove it"},
	} {
		file := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(file, []byte(tt.before), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Set(file, "/here", tt.key, tt.values)
		var problems Problems
		if !errors.As(err, &problems) || !strings.HasPrefix(strings.ReplaceAll(err.Error(), file, "FILE"), tt.want) {
			t.Errorf("%s = %q in %q: %v, want %s", tt.key, tt.values, tt.before, err, tt.want)
		}
		if after, err := os.ReadFile(file); err != nil || string(after) != tt.before {
			t.Errorf("%s = %q in %q: now %q, %v", tt.key, tt.values, tt.before, after, err)
		}
	}
	if err := Set(filepath.Join(t.TempDir(), "c.toml"), "", "shares", []string{"music"}); err == nil || !strings.Contains(err.Error(), "relative") {
		t.Errorf("a relative folder below nothing: %v", err)
	}
}

func TestSetThroughALink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "dotfiles.toml"), filepath.Join(dir, "config.toml")
	if err := errors.Join(os.WriteFile(real, []byte("ttl = 1\n"), 0o600), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	if err := Set(link, dir, "ttl", []string{"2"}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link has become %v, %v", info.Mode(), err)
	}
	if data, err := os.ReadFile(real); err != nil || string(data) != "ttl = 2\n" {
		t.Errorf("the real file holds %q, %v", data, err)
	}
}

func TestSetWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "config.toml")
	if err := Set(path, "/", "ttl", []string{"3"}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("below a file: %v", err)
	}
}

// TestSetThenLoad writes every setting and reads it back.
func TestSetThenLoad(t *testing.T) {
	s := newStage(t)
	s.user("# settings\n")
	file := filepath.Join(s.dir, "user/.config/filbert/config.toml")
	for _, tt := range []struct {
		key    string
		values []string
	}{
		{"listen", []string{"[::]:7000"}}, {"external", []string{"192.0.2.7"}}, {"seeds", []string{"a.example:1", "[::1]:2"}},
		{"shares", []string{"a b", `c"d`, "é"}}, {"watch", []string{"false"}}, {"rescan", []string{"36h"}}, {"api", []string{"localhost:7001"}},
		{"speed", []string{"0"}},
	} {
		if err := Set(file, s.dir, tt.key, tt.values); err != nil {
			t.Fatal(err)
		}
		set := *s
		set.request.Flags = map[string][]string{tt.key: tt.values}
		set.request.Dir = s.dir
		fromFile, fromFlag := s.load(), set.load()
		for i, row := range fromFile.Explain() {
			if flag := fromFlag.Explain()[i]; row.Key == tt.key && (!reflect.DeepEqual(row.Value, flag.Value) || row.Origin.Layer != FromFile) {
				t.Errorf("%s: the file gives %v, the flag %v", tt.key, row, flag)
			}
		}
	}
}
