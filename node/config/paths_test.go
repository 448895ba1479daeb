package config

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		request Request
		want    []string // config, state, identity, lock, socket, token, downloads
	}{
		{
			"XDG", Request{OS: "linux", Env: []string{"HOME=/home/ann"}},
			[]string{
				"/home/ann/.config/filbert/config.toml", "/home/ann/.local/state/filbert/state.db",
				"/home/ann/.local/state/filbert/identity.pem", "/home/ann/.local/state/filbert/filbert.lock",
				"/home/ann/.local/state/filbert/api.sock", "/home/ann/.local/state/filbert/api.token", "/home/ann/Downloads",
			},
		},
		{
			"XDG, named; what is relative does not count",
			Request{OS: "freebsd", Env: []string{"HOME=/home/ann", "XDG_CONFIG_HOME=/c", "XDG_STATE_HOME=s"}},
			[]string{
				"/c/filbert/config.toml", "/home/ann/.local/state/filbert/state.db",
				"/home/ann/.local/state/filbert/identity.pem", "/home/ann/.local/state/filbert/filbert.lock",
				"/home/ann/.local/state/filbert/api.sock", "/home/ann/.local/state/filbert/api.token", "/home/ann/Downloads",
			},
		},
		{
			"macOS", Request{OS: "darwin", Env: []string{"HOME=/Users/ann"}},
			[]string{
				"/Users/ann/Library/Application Support/filbert/config.toml", "/Users/ann/Library/Application Support/filbert/state.db",
				"/Users/ann/Library/Application Support/filbert/identity.pem", "/Users/ann/Library/Application Support/filbert/filbert.lock",
				"/Users/ann/Library/Application Support/filbert/api.sock", "/Users/ann/Library/Application Support/filbert/api.token",
				"/Users/ann/Downloads",
			},
		},
		{
			"Windows", Request{OS: "windows", Env: []string{"USERPROFILE=/u", "APPDATA=/u/roaming", "HOME=/cygwin"}},
			[]string{
				"/u/roaming/filbert/config.toml", "/u/AppData/Local/filbert/state.db", "/u/AppData/Local/filbert/identity.pem",
				"/u/AppData/Local/filbert/filbert.lock", "/u/AppData/Local/filbert/api.sock", "/u/AppData/Local/filbert/api.token", "/u/Downloads",
			},
		},
		{
			"--home, without HOME", Request{OS: "linux", Home: "nodes/1", Dir: "/here"},
			[]string{
				"/here/nodes/1/config.toml", "/here/nodes/1/state.db", "/here/nodes/1/identity.pem", "/here/nodes/1/filbert.lock",
				"/here/nodes/1/api.sock", "/here/nodes/1/api.token", "/here/nodes/1/downloads",
			},
		},
		{
			"--home before FILBERT_HOME, --config", Request{OS: "linux", Home: "/n", File: "f.toml", Dir: "/w", Env: []string{"FILBERT_HOME=/x"}},
			[]string{"/w/f.toml", "/n/state.db", "/n/identity.pem", "/n/filbert.lock", "/n/api.sock", "/n/api.token", "/n/downloads"},
		},
		{
			"FILBERT_HOME", Request{OS: "darwin", Env: []string{"FILBERT_HOME=/x", "HOME=/Users/ann"}},
			[]string{"/x/config.toml", "/x/state.db", "/x/identity.pem", "/x/filbert.lock", "/x/api.sock", "/x/api.token", "/x/downloads"},
		},
	} {
		paths, err := Locate(tt.request)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got, names []string
		for _, place := range paths.All() {
			got, names = append(got, filepath.ToSlash(place.Path)), append(names, place.Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
		if want := []string{"config", "state", "identity", "lock", "socket", "token", "downloads"}; !slices.Equal(names, want) {
			t.Errorf("names %q, want %q", names, want)
		}
	}
}

func TestLocateNeedsAPlace(t *testing.T) {
	for _, tt := range []struct {
		request Request
		want    string
	}{
		{Request{OS: "linux"}, "give --home DIR or set FILBERT_HOME"},
		{Request{OS: "linux", Env: []string{"HOME=here"}}, "give --home DIR or set FILBERT_HOME"},
		{Request{OS: "linux", Home: "here"}, `config: home folder: "here" is relative`},
		{Request{OS: "linux", Home: "/n", File: "here"}, `config: file of settings: "here" is relative`},
	} {
		if _, err := Load(tt.request); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s in it", tt.request, err, tt.want)
		}
	}
	request := Request{OS: "linux", Home: "/n", Flags: map[string][]string{"shares": {"~/music"}}}
	if _, err := Load(request); err == nil || !strings.Contains(err.Error(), `"~/music" is below a home folder`) {
		t.Errorf("a tilde without HOME: %v", err)
	}
}

func TestSystemFile(t *testing.T) {
	for goos, want := range map[string]string{
		"linux": "/etc/filbert/config.toml", "openbsd": "/etc/filbert/config.toml",
		"darwin": "/Library/Application Support/filbert/config.toml", "windows": "/data/filbert/config.toml",
	} {
		if got := filepath.ToSlash(SystemFile(goos, []string{"ProgramData=/data"})); got != want {
			t.Errorf("%s: %s, want %s", goos, got, want)
		}
	}
}

func TestDownloadFolder(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"# made by xdg-user-dirs-update\nXDG_DESKTOP_DIR=\"$HOME/Desktop\"\nXDG_DOWNLOAD_DIR=\"$HOME/Hämtningar\"\n", "USER/Hämtningar"},
		{"  XDG_DOWNLOAD_DIR=\"/srv/in coming/\"", "/srv/in coming"},
		{`XDG_DOWNLOAD_DIR="$HOME/a\"b\\c\$d"`, `USER/a"b\c$d`},
		{"XDG_DOWNLOAD_DIR=\"$HOME/old\"\nXDG_DOWNLOAD_DIR=\"$HOME/new\"\n", "USER/new"},
		{`XDG_DOWNLOAD_DIR="$HOME/"`, "USER/Downloads"},
		{`XDG_DOWNLOAD_DIR="$HOME"`, "USER/Downloads"},
		{`XDG_DOWNLOAD_DIR="$HOMER/x"`, "USER/Downloads"},
		{`XDG_DOWNLOAD_DIR="relative"`, "USER/Downloads"},
		{`XDG_DOWNLOAD_DIR=$HOME/x`, "USER/Downloads"},
		{`XDG_DOWNLOAD_DIR="`, "USER/Downloads"},
		{`#XDG_DOWNLOAD_DIR="$HOME/x"`, "USER/Downloads"},
		{"", "USER/Downloads"},
	} {
		s := newStage(t)
		s.write("user/.config/user-dirs.dirs", tt.text)
		want := strings.ReplaceAll(tt.want, "USER", filepath.Join(s.dir, "user"))
		if got := s.load().Downloads; got != want {
			t.Errorf("%q: %s, want %s", tt.text, got, want)
		}
	}
}

func TestShortSocket(t *testing.T) {
	locate := func(home string) string {
		paths, err := Locate(Request{Home: home, OS: "linux", Dir: "/"})
		if err != nil {
			t.Fatal(err)
		}
		return paths.Socket
	}
	name := len("/api.sock")
	for _, n := range []int{maxSocketPath - 1, maxSocketPath, maxSocketPath + 1} {
		home := "/" + strings.Repeat("x", n-name-1)
		got := locate(home)
		if usual := got == home+"/api.sock"; usual != (n <= maxSocketPath) || len(got) > maxSocketPath {
			t.Errorf("a path of %d bytes: the socket is %s", n, got)
		}
	}
	long := "/" + strings.Repeat("x", 200)
	a, b := locate(long), locate(long+"y")
	if a != locate(long[1:]) || a == b || !strings.HasPrefix(a, "/tmp/filbert-") {
		t.Errorf("sockets of two homes are %s and %s, of the first again %s", a, b, locate(long[1:]))
	}
}

func TestPrepare(t *testing.T) {
	home := filepath.Join(t.TempDir(), "node")
	paths, err := Locate(Request{Home: home, OS: "linux"})
	if err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "s")
	paths.Socket = filepath.Join(short, "api.sock")
	if err := paths.CheckSocket(); err != nil {
		t.Errorf("a folder that is not there yet: %v", err)
	}
	for range 2 {
		if err := paths.Prepare(); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{home, short} {
		if info, err := os.Stat(dir); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%s has mode %v, %v", dir, info.Mode(), err)
		}
	}
	l, err := net.Listen("unix", paths.Socket)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()

	if err := os.Chmod(short, 0o770); err != nil {
		t.Fatal(err)
	}
	if err := paths.Prepare(); err == nil || !strings.Contains(err.Error(), short) {
		t.Errorf("a folder that others may write to: %v", err)
	}
	moved := short + "2"
	if err := errors.Join(os.Chmod(short, 0o700), os.Rename(short, moved), os.Symlink(moved, short)); err != nil {
		t.Fatal(err)
	}
	if err := paths.CheckSocket(); err == nil || !strings.Contains(err.Error(), short) {
		t.Errorf("a symbolic link: %v", err)
	}
}

func TestPrepareLeavesAnOpenHomeAlone(t *testing.T) {
	home := t.TempDir()
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	paths, err := Locate(Request{Home: home, OS: "linux"})
	if err != nil {
		t.Fatal(err)
	}
	paths.Socket = filepath.Join(home, "api.sock")
	if err := paths.Prepare(); err != nil {
		t.Error(err)
	}
}
