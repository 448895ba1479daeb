package config

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// stage is a machine with a user, made of files and variables.
type stage struct {
	t       *testing.T
	dir     string // all of it
	request Request
}

func newStage(t *testing.T) *stage {
	dir := t.TempDir()
	return &stage{t: t, dir: dir, request: Request{
		System: filepath.Join(dir, "etc", "config.toml"),
		Env:    []string{"HOME=" + filepath.Join(dir, "user"), "PATH=/bin"},
		Flags:  map[string][]string{},
		Dir:    filepath.Join(dir, "cwd"),
		OS:     "linux",
	}}
}

// write puts a file below the stage and returns its path.
func (s *stage) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *stage) system(text string) { s.write("etc/config.toml", text) }
func (s *stage) user(text string)   { s.write("user/.config/filbert/config.toml", text) }

func (s *stage) load() *Config {
	s.t.Helper()
	c, err := Load(s.request)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// problems loads and wants these lines, in which DIR is the stage.
func (s *stage) problems(want ...string) {
	s.t.Helper()
	_, err := Load(s.request)
	var problems Problems
	if !errors.As(err, &problems) {
		s.t.Fatalf("loaded, or another error: %v", err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, strings.ReplaceAll(p.String(), s.dir, "DIR"))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("problems\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestDefaults(t *testing.T) {
	s := newStage(t)
	c := s.load()
	want := Values{
		Listen: "[::]:0", Seeds: []string{}, HostCaches: []string{}, WebCaches: []string{}, STUNServers: []string{}, TURNServers: []string{}, Shares: []string{}, OnComplete: []string{}, LimitSchedule: []string{},
		Downloads: filepath.Join(s.dir, "user", "Downloads"),
		Role:      "auto", MaxLeaves: 300, Dynamic: true, OutOfBand: true, Neighbors: 8, MaxNeighbors: 32, TTL: 4, Browse: true,
		UploadSlots: 8, UploadSlotsPerHost: 2, UploadSlotsPerNet: 3,
		Relay: true, Rescan: 10 * time.Minute, Watch: true, Speed: 1000, Deflate: true, TLS: true, Log: "info",
	}
	if !reflect.DeepEqual(c.Values, want) {
		t.Errorf("defaults\n%+v, want\n%+v", c.Values, want)
	}
	for _, row := range c.Explain() {
		if row.Origin.String() != "default" {
			t.Errorf("%s comes from %s", row.Key, row.Origin)
		}
	}
}

// TestLayers gives one setting in ever more layers: the last one wins.
func TestLayers(t *testing.T) {
	s := newStage(t)
	explained := func(want any, origin string) {
		t.Helper()
		rows := s.load().Explain()
		row := rows[slices.IndexFunc(rows, func(r Row) bool { return r.Key == "ttl" })]
		if got := strings.ReplaceAll(row.Origin.String(), s.dir, "DIR"); row.Value != want || got != origin {
			t.Errorf("ttl is %v from %s, want %v from %s", row.Value, got, want, origin)
		}
	}
	explained(4, "default")
	s.system("# of the administrator\n\nttl = 1\n")
	explained(1, "file DIR/etc/config.toml:3")
	s.user("log = \"debug\"\nttl = 2 # mine\n")
	explained(2, "file DIR/user/.config/filbert/config.toml:2")
	s.request.Env = append(s.request.Env, "FILBERT_TTL=3")
	explained(3, "env FILBERT_TTL")
	s.request.Flags["ttl"] = []string{"5"}
	explained(5, "flag --ttl")
	if c := s.load(); c.TTL != 5 || c.Log != "debug" {
		t.Errorf("TTL %d, log level %s", c.TTL, c.Log)
	}
	s.request.File = s.write("other.toml", "ttl = 6")
	delete(s.request.Flags, "ttl")
	s.request.Env = s.request.Env[:2]
	explained(6, "file DIR/other.toml:1")
	s.request.File = ""
	s.request.Env = append(s.request.Env, "FILBERT_CONFIG=../other.toml")
	explained(6, "file DIR/other.toml:1")
}

func TestEveryKindInEveryLayer(t *testing.T) {
	want := Values{
		Listen: "192.0.2.7:6346", External: netip.MustParseAddr("2001:db8::7"), Seeds: []string{"servent.example:6346", "[2001:db8::8]:1"},
		HostCaches: []string{"uhc.example:3558"}, WebCaches: []string{"http://a.example/gwc", "http://[2001:db8::8]:8080/"},
		PublicNetwork: true, LAN: true, BeHostCache: true, FreshID: true, MapPort: true, STUNServers: []string{"192.0.2.8:3478", "[2001:db8::9]:3478"},
		TURNServers: []string{"turn:anna:secret@turn.example:3478", "turn:bob:se%2Ccret@[2001:db8::9]:3478"},
		Shares:      []string{"/music", "/books"}, Downloads: "/incoming", OnComplete: []string{"notify", "{name}"}, Role: "leaf", MaxLeaves: 7, Neighbors: 3, MaxNeighbors: 4, TTL: 2, GUESS: true, UploadSlots: 5,
		UploadSlotsPerHost: 1, UploadSlotsPerNet: 1, UploadLimit: 100, DownloadLimit: 2000, LimitSchedule: []string{"daily 22:00-06:00 0 0", "sat-sun 08:00-18:00 100 500"}, LimitLAN: true, UploadLimitLAN: 3000, DownloadLimitLAN: 4000, Rescan: 0, Watch: false, HashRate: 5000, Speed: 256, Log: "warn", API: "127.0.0.1:8080",
	}
	t.Run("file", func(t *testing.T) {
		s := newStage(t)
		s.user(`
listen = "192.0.2.7:6346"
external = "2001:db8::7"
seeds = [
	"servent.example:6346", # a friend
	'[2001:db8::8]:1',
]
udp-host-caches = ["uhc.example:3558"]
web-caches = ["http://a.example/gwc", "http://[2001:db8::8]:8080/"]
public-network = true
lan = true
be-host-cache = true
fresh-id = true
map-port = true
relay = false
stun-servers = ["192.0.2.8:3478", "[2001:db8::9]:3478"]
turn-servers = ["turn:anna:secret@turn.example:3478", "turn:bob:se%2Ccret@[2001:db8::9]:3478"]
shares = ["/music", "/books"]
downloads = "/incoming"
on-complete = ["notify", "{name}"]
role = "leaf"
max-leaves = 7
dynamic = false
out-of-band = false
neighbors = 3
max-neighbors = 4
ttl = 2
guess = true
browse = false
upload-slots = 5
upload-slots-per-host = 0x1
upload-slots-per-network = 1
upload-limit = 100
download-limit = 2000
limit-schedule = ["daily 22:00-06:00 0 0", "sat-sun 08:00-18:00 100 500"]
limit-lan = true
upload-limit-lan = 3000
download-limit-lan = 4000
rescan = 0
watch = false
hash-rate = 5000
speed = 256
deflate = false
tls = false
log = "warn"
api = "127.0.0.1:8080"
`)
		if c := s.load(); !reflect.DeepEqual(c.Values, want) {
			t.Errorf("got\n%+v, want\n%+v", c.Values, want)
		}
	})
	given := map[string][]string{
		"listen": {"192.0.2.7:6346"}, "external": {"2001:db8::7"}, "seeds": {"servent.example:6346", "[2001:db8::8]:1"},
		"udp-host-caches": {"uhc.example:3558"}, "web-caches": {"http://a.example/gwc", "http://[2001:db8::8]:8080/"},
		"public-network": {"true"}, "lan": {"true"}, "be-host-cache": {"true"}, "fresh-id": {"true"}, "map-port": {"true"}, "relay": {"false"}, "stun-servers": {"192.0.2.8:3478", "[2001:db8::9]:3478"},
		"turn-servers": {"turn:anna:secret@turn.example:3478", "turn:bob:se%2Ccret@[2001:db8::9]:3478"},
		"shares":       {"/music", "/books"}, "downloads": {"/incoming"}, "on-complete": {"notify", "{name}"}, "role": {"leaf"}, "max-leaves": {"7"}, "dynamic": {"false"}, "out-of-band": {"false"}, "neighbors": {"3"}, "max-neighbors": {"4"}, "ttl": {"2"}, "guess": {"true"}, "browse": {"false"},
		"upload-slots": {"5"}, "upload-slots-per-host": {"1"}, "upload-slots-per-network": {"1"}, "upload-limit": {"100"}, "download-limit": {"2000"}, "limit-schedule": {"daily 22:00-06:00 0 0", "sat-sun 08:00-18:00 100 500"}, "limit-lan": {"true"}, "upload-limit-lan": {"3000"}, "download-limit-lan": {"4000"}, "rescan": {"0s"}, "watch": {"false"}, "hash-rate": {"5000"}, "speed": {"256"},
		"deflate": {"false"}, "tls": {"false"},
		"log": {"warn"}, "api": {"127.0.0.1:8080"},
	}
	t.Run("flags", func(t *testing.T) {
		s := newStage(t)
		s.request.Flags = given
		if c := s.load(); !reflect.DeepEqual(c.Values, want) {
			t.Errorf("got\n%+v, want\n%+v", c.Values, want)
		}
	})
	t.Run("environment", func(t *testing.T) {
		s := newStage(t)
		for _, setting := range Settings() {
			separator := ","
			if setting.form == formFolder {
				separator = string(os.PathListSeparator)
			}
			s.request.Env = append(s.request.Env, setting.Env+"="+strings.Join(given[setting.Key], separator))
		}
		if c := s.load(); !reflect.DeepEqual(c.Values, want) {
			t.Errorf("got\n%+v, want\n%+v", c.Values, want)
		}
	})
}

// TestListsReplace wants no item of a lower layer to shine through.
func TestListsReplace(t *testing.T) {
	s := newStage(t)
	s.system(`seeds = ["a.example:1", "b.example:2", "c.example:3"]`)
	s.request.Flags["seeds"] = []string{"d.example:4"}
	if got := s.load().Seeds; !slices.Equal(got, []string{"d.example:4"}) {
		t.Errorf("seeds %q", got)
	}
	s.request.Flags = nil
	s.request.Env = append(s.request.Env, "FILBERT_SEEDS=")
	if got := s.load().Seeds; len(got) != 0 {
		t.Errorf("seeds %q", got)
	}
}

// TestRelativeFolders: those in a file are below its folder, all others below
// the working directory.
func TestRelativeFolders(t *testing.T) {
	s := newStage(t)
	s.user(`shares = ["music", "~/books", "~", "/x/../y"]`)
	s.request.Env = append(s.request.Env, "FILBERT_DOWNLOADS=new")
	c := s.load()
	user := filepath.Join(s.dir, "user")
	want := []string{filepath.Join(user, ".config", "filbert", "music"), filepath.Join(user, "books"), user, "/y"}
	if !slices.Equal(c.Shares, want) {
		t.Errorf("shares %q, want %q", c.Shares, want)
	}
	if c.Downloads != filepath.Join(s.dir, "cwd", "new") {
		t.Errorf("downloads %s", c.Downloads)
	}
}

func TestExplainAsJSON(t *testing.T) {
	s := newStage(t)
	s.request.Flags["rescan"] = []string{"90s"}
	s.request.Env = append(s.request.Env, "FILBERT_WATCH=0")
	data, err := json.Marshal(s.load().Explain())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"key":"listen","value":"[::]:0","origin":"default","help":"address`,
		`{"key":"seeds","value":[],"origin":"default"`,
		`{"key":"neighbors","value":8,"origin":"default"`,
		`{"key":"rescan","value":"1m30s","origin":"flag --rescan"`,
		`{"key":"watch","value":false,"origin":"env FILBERT_WATCH"`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in\n%s", want, data)
		}
	}
}

// TestPasswordsAreNotShown neither in what is in force nor in what is wrong.
func TestPasswordsAreNotShown(t *testing.T) {
	s := newStage(t)
	s.user(`turn-servers = ["turn:anna:secret@turn.example:3478"]`)
	shown, err := json.Marshal(s.load().Explain())
	if text := string(shown); err != nil || strings.Contains(text, "secret") || strings.Contains(text, "anna") || !strings.Contains(text, `"turn:turn.example:3478"`) {
		t.Errorf("%s, %v", text, err)
	}
	for _, text := range []string{`["turn:anna:secret@turn.example"]`, `["turn:anna:sec\tret@turn.example:3478"]`, `"turn:anna:secret@turn.example:3478"`} {
		s.user("turn-servers = " + text)
		if _, err := Load(s.request); err == nil || strings.Contains(err.Error(), "sec") || strings.Contains(err.Error(), "ret@") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
