package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProblemsInFiles: a user's file of one line, and what is said about it.
func TestProblemsInFiles(t *testing.T) {
	const at = "file DIR/user/.config/filbert/config.toml:1: "
	for _, tt := range []struct{ line, want string }{
		// Keys.
		{`neigbors = 5`, `neigbors: unknown: did you mean neighbors?`},
		{`Upload_Slots = 5`, `Upload_Slots: unknown: did you mean upload-slots?`},
		{`nieghbors = 5`, `nieghbors: unknown: did you mean neighbors?`},
		{`colour = "red"`, `colour: unknown: remove it, or see "config show" for what there is`},
		{strings.Repeat("n", maxSuggest+1) + ` = 1`, strings.Repeat("n", maxSuggest+1) + `: unknown: remove it, or see "config show" for what there is`},
		{`[neighbors]`, `neighbors: unknown: did you mean neighbors?`},
		{`ttl.max = 3`, `ttl.max: unknown: remove it, or see "config show" for what there is`},
		// Types.
		{`ttl = "4"`, `ttl: is a text: write a whole number without quotes, ttl = 4`},
		{`ttl = 4.0`, `ttl: is a number with a fraction: write a whole number without quotes, ttl = 4`},
		{`ttl = {a = 1}`, `ttl: is a table: write a whole number without quotes, ttl = 4`},
		{`ttl = 2026-01-01`, `ttl: is a date or time: write a whole number without quotes, ttl = 4`},
		{`watch = "yes"`, `watch: is a text: write watch = true or watch = false, without quotes`},
		{`log = true`, `log: is true or false: write a text in quotes, log = "..."`},
		{`seeds = "a.example:1"`, `seeds: is a text: write a list of texts, seeds = ["...", "..."]`},
		{`seeds = ["a.example:1", 2]`, `seeds: an item is a whole number: write a list of texts, seeds = ["...", "..."]`},
		{`listen = ["a"]`, `listen: is a list: write a text in quotes, listen = "..."`},
		{`rescan = 600`, `rescan: is a whole number: write a time in quotes, rescan = "10m"`},
		// Bounds.
		{`ttl = 8`, `ttl: "8" is not from 1 to 7: give a whole number in these bounds`},
		{`neighbors = -1`, `neighbors: "-1" is not from 0 to 64: give a whole number in these bounds`},
		{`rescan = "9s"`, `rescan: "9s" is not from 10s to 168h: give a time such as "90s" or "10m", or 0 for never`},
		{`rescan = "often"`, `rescan: "often" is not from 10s to 168h: give a time such as "90s" or "10m", or 0 for never`},
		// Texts.
		{`listen = "6346"`, `listen: "6346" is not host:port: write it like 192.0.2.7:6346, servent.example:6346 or [2001:db8::7]:6346`},
		{`listen = "eth0:6346"`, `listen: "eth0:6346" has no IP address of this machine: use [::] for all of them, or 0.0.0.0 for those of IPv4`},
		{`listen = ":65536"`, `listen: ":65536" has no port from 0 to 65535: write it like 192.0.2.7:6346`},
		{`external = "192.0.2.7:6346"`, `external: "192.0.2.7:6346" is no IP address of a host: write it like 192.0.2.7 or 2001:db8::7, without a port`},
		{`external = "0.0.0.0"`, `external: "0.0.0.0" is no IP address of a host: write it like 192.0.2.7 or 2001:db8::7, without a port`},
		{`seeds = ["a.example"]`, `seeds: "a.example" is not host:port: write it like 192.0.2.7:6346, servent.example:6346 or [2001:db8::7]:6346`},
		{`seeds = ["a.example:0"]`, `seeds: "a.example:0" has port 0: give the port at which the servent is reached`},
		{`seeds = ["-a.example:1"]`, `seeds: "-a.example:1" has neither an IP address nor a host name: write it like servent.example:6346`},
		{`seeds = [":1"]`, `seeds: ":1" has neither an IP address nor a host name: write it like servent.example:6346`},
		{`seeds = ["0.0.0.0:1"]`, `seeds: "0.0.0.0:1" is the address of no servent: give that at which it is reached`},
		{`seeds = [""]`, `seeds: an item is empty: remove it`},
		{`shares = ["~ann/music"]`, `shares: "~ann/music" is in the home of another user: write the whole path`},
		{`shares = ["a\u0000b"]`, `shares: "a\x00b" has a control character or is no UTF-8: give a printable text`},
		{`log = "loud"`, `log: "loud" is no level: give one of trace, debug, info, warn, error, disabled`},
		{`api = "0.0.0.0:8080"`, `api: "0.0.0.0:8080" could be reached from outside: use 127.0.0.1, [::1] or localhost, and a tunnel (ssh -L) from other machines`},
		{`api = ":8080"`, `api: ":8080" could be reached from outside: use 127.0.0.1, [::1] or localhost, and a tunnel (ssh -L) from other machines`},
		// Combinations.
		{`neighbors = 33`, `neighbors: 33 are more than max-neighbors, which is 32 (default): lower it or raise max-neighbors`},
	} {
		s := newStage(t)
		s.user(tt.line)
		s.problems(at + tt.want)
	}
}

func TestNoTOML(t *testing.T) {
	const at = "file DIR/user/.config/filbert/config.toml:2: no TOML, toml: "
	for _, tt := range []struct{ text, want string }{
		{"ttl = 1\nttl =\n", at},
		{"ttl = 1\nlog = info\n", at},
		{"ttl = 1\nttl = 2\n", at},
		{"ttl = 1\n[a\n", at},
	} {
		s := newStage(t)
		s.user(tt.text)
		_, err := Load(s.request)
		if err == nil || !strings.HasPrefix(strings.ReplaceAll(err.Error(), s.dir, "DIR"), "config: "+tt.want) {
			t.Errorf("%q: %v, want it to begin with %s", tt.text, err, tt.want)
		}
	}
}

// TestAllProblemsAtOnce finds what is wrong in every layer, in order.
func TestAllProblemsAtOnce(t *testing.T) {
	s := newStage(t)
	s.system("ttl = 9\nlogs = 1\n")
	s.user("\n\n[net]\nneighbors = 500\nlisten = 3\n")
	s.request.Env = append(s.request.Env, "FILBERT_TTL=", "FILBERT_NEIGBORS=3", "FILBERT_REQUIRE_ALL=1", "FILBERT=x")
	s.request.Flags = map[string][]string{"speed": {"1", "2"}, "watch": {"maybe"}, "nodes": {"9"}, "apo": {"1"}}
	s.problems(
		`file DIR/etc/config.toml:1: ttl: "9" is not from 1 to 7: give a whole number in these bounds`,
		`file DIR/etc/config.toml:2: logs: unknown: did you mean log?`,
		`file DIR/user/.config/filbert/config.toml:3: net: unknown: remove it, or see "config show" for what there is`,
		`env FILBERT_TTL: ttl: "" is not from 1 to 7: give a whole number in these bounds`,
		`env FILBERT_NEIGBORS: unknown: did you mean FILBERT_NEIGHBORS?`,
		`flag --watch: watch: "maybe" is neither true nor false: give one of them`,
		`flag --speed: speed: given 2 times: give it once`,
		`flag --apo: unknown: did you mean api?`,
		`flag --nodes: unknown: remove it, or see "config show" for what there is`,
	)
}

func TestProblemsWithFiles(t *testing.T) {
	s := newStage(t)
	s.request.File = "missing.toml"
	s.problems("file DIR/cwd/missing.toml: no such file or directory: make it readable, or name another file")

	s = newStage(t)
	if err := os.MkdirAll(s.request.System, 0o700); err != nil {
		t.Fatal(err)
	}
	s.problems("file DIR/etc/config.toml: is a directory: make it readable, or name another file")

	for _, size := range []int{maxFile - 1, maxFile, maxFile + 1} {
		s = newStage(t)
		s.user("#" + strings.Repeat("x", size-1))
		if size <= maxFile {
			s.load()
		} else {
			s.problems("file DIR/user/.config/filbert/config.toml: more than 1048576 bytes: this is no file of settings")
		}
	}
}

func TestNotMoreThanMaxProblems(t *testing.T) {
	for _, n := range []int{maxProblems - 1, maxProblems, maxProblems + 1} {
		s := newStage(t)
		var text, want strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "unheard-of-%d = 1\n", i)
			if i < maxProblems {
				fmt.Fprintf(&want, "\nfile DIR/user/.config/filbert/config.toml:%d: unheard-of-%d: unknown: remove it, or see \"config show\" for what there is", i+1, i)
			}
		}
		s.user(text.String())
		s.problems(strings.Split(want.String()[1:], "\n")...)
	}
}

func TestContradictions(t *testing.T) {
	s := newStage(t)
	s.user("neighbors = 20")
	s.request.Flags["max-neighbors"] = []string{"10"}
	s.problems("file DIR/user/.config/filbert/config.toml:1: neighbors: 20 are more than max-neighbors, which is 10 (flag --max-neighbors): lower it or raise max-neighbors")

	for _, tt := range []struct {
		listen, api string
		ok          bool
	}{
		{"0.0.0.0:7000", "127.0.0.1:7000", false},
		{":7000", "[::1]:7000", false},
		{"127.0.0.1:7000", "127.0.0.1:7000", false},
		{"127.0.0.1:7000", "localhost:7000", false},
		{"127.0.0.1:7000", "127.0.0.2:7000", true},
		{"192.0.2.7:7000", "localhost:7000", true},
		{"0.0.0.0:7000", "127.0.0.1:7001", true},
		{"0.0.0.0:0", "127.0.0.1:0", true},
		{"0.0.0.0:7000", "", true},
	} {
		s := newStage(t)
		s.request.Flags = map[string][]string{"listen": {tt.listen}, "api": {tt.api}}
		if _, err := Load(s.request); (err == nil) != tt.ok {
			t.Errorf("listen %s and api %s: %v", tt.listen, tt.api, err)
		}
	}
}

func TestCheck(t *testing.T) {
	s := newStage(t)
	file := s.write("song.ogg", "")
	s.request.Flags = map[string][]string{"shares": {s.dir}, "downloads": {filepath.Join(s.dir, "later")}}
	if p := s.load().Check(); p != nil {
		t.Errorf("folders that are right: %v", p)
	}
	s.request.Flags = map[string][]string{
		"shares": {s.dir, filepath.Join(s.dir, "gone"), file, filepath.Join(file, "x")}, "downloads": {file},
	}
	got := strings.ReplaceAll(s.load().Check().Error(), s.dir, "DIR")
	want := `config: flag --shares: shares: DIR/gone does not exist: make it, or remove it from the list
flag --shares: shares: DIR/song.ogg is no folder: share the folder it is in
flag --shares: shares: stat DIR/song.ogg/x: not a directory: make it readable, or remove it from the list
flag --downloads: downloads: DIR/song.ogg is no folder: give another`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestProblemAsJSON(t *testing.T) {
	data, err := json.Marshal(Problem{Origin{FromFile, "/c.toml", 3}, "ttl", "wrong: correct it"})
	if want := `{"origin":"file /c.toml:3","key":"ttl","text":"wrong: correct it"}`; err != nil || string(data) != want {
		t.Errorf("%s, %v; want %s", data, err, want)
	}
	if got := (Origin{Layer: 9, Name: "x"}).String(); got != "Layer(0x9) x" {
		t.Errorf("unknown layer prints as %s", got)
	}
}
