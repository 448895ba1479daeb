package hook

import (
	"slices"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		argv []string
		want string // in the error; "" for none
	}{
		{nil, ""},
		{[]string{"notify-send", "{name} is here", "{size}"}, ""},
		{[]string{"/opt/x", "--file={path}", "{dir}", "{sha1}", `{"json": 1}`, "{}"}, ""},
		{[]string{"sh", "-c", `mv "$1" /done`, "sh", "{path}"}, ""},
		{[]string{"sh", "/opt/script", "--file={path}"}, ""},
		{[]string{"bash", "-c", "echo something is here"}, ""},

		{[]string{"{path}"}, "the program"},
		{[]string{"x{name}"}, "the program"},
		{[]string{"prog", "{pth}"}, "{pth}"},
		{[]string{"sh", "-c", "mv {path} /done"}, "as an argument after that"},
		{[]string{"/bin/bash", "-e", "-lc", "echo '{name}'"}, "as an argument after that"},
		{[]string{"sh", "{path}"}, "as an argument after that"},
		{[]string{"sh", "-c", "{path}"}, "as an argument after that"},
		{[]string{"env", "A=b", "dash", "-c", "echo {name}"}, "as an argument after that"},
		{[]string{"busybox", "sh", "-c", "echo {name}"}, "as an argument after that"},
		{[]string{`pwsh.exe`, "-Command", "Move-Item", "{path}"}, "give a program"},
		{[]string{"cmd", "/c", "echo", "{name}"}, "give a program"},
		{[]string{"run.BAT", "{path}"}, "give a program"},
	} {
		err := Check(tt.argv)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.argv, err, tt.want)
		}
	}
}

// TestArguments wants one argument for one, whatever the file is called, and
// names that look like placeholders left as they are.
func TestArguments(t *testing.T) {
	f := File{Path: "/d/{size} $(x) ; \"'", Size: 7, SHA1: "urn:sha1:A", Group: "the {path}"}
	got := arguments([]string{"prog", "{path}", "a {name} {size} b", "{dir}", "{sha1}", "{}", "{group}"}, f)
	want := []string{"prog", f.Path, `a {size} $(x) ; "' 7 b`, "/d", "urn:sha1:A", "{}", "the {path}"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
