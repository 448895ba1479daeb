package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestPermute moves flags to where the flag parser looks for them.
func TestPermute(t *testing.T) {
	app := NewApp(Env{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}})
	for _, tt := range []struct{ line, want string }{
		{"filbert", "filbert"},
		{"filbert status", "filbert status"},
		{"filbert search blue sky --json", "filbert search --json -- blue sky"},
		{"filbert search --json blue sky", "filbert search --json -- blue sky"},
		{"filbert search blue --wait 2s sky --limit=3", "filbert search --wait 2s --limit=3 -- blue sky"},
		{"filbert search blue -- --wait", "filbert search -- blue --wait"},
		{"filbert search -- -x", "filbert search -- -x"},
		{"filbert search blue - sky", "filbert search -- blue - sky"},
		{"filbert search blue --wait", "filbert search --wait -- blue"}, // its value is missing
		{"filbert get 1 -o there", "filbert get -o there -- 1"},
		{"filbert share add dir --force --home h", "filbert share add --force --home h -- dir"},
		{"filbert share --home h add dir", "filbert share --home h add dir"}, // share has no flags
		{"filbert msg kim hello --home h you", "filbert msg --home h -- kim hello you"},
		{"filbert msg --home h kim -- --x", "filbert msg --home h -- kim --x"},
		{"filbert msg read kim --limit 3", "filbert msg read --limit 3 -- kim"},
		{"filbert share ad dir --force", "filbert share ad dir --force"},
		{"filbert config set key value --home h", "filbert config set --home h -- key value"},
		{"filbert serach blue --wait 2s", "filbert serach blue --wait 2s"},
		{"filbert search blue --w --generate-bash-completion", "filbert search blue --w --generate-bash-completion"},
	} {
		got := permute(app, strings.Fields(tt.line))
		if !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%q became %q, want %q", tt.line, got, tt.want)
		}
	}
	if got := permute(app, nil); got != nil {
		t.Errorf("nothing became %q", got)
	}
}
