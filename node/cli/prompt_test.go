package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"filbert/node/api"
)

// TestComplete presses Tab at the prompt: commands, flags, and what there is.
func TestComplete(t *testing.T) {
	f := newFake(t)
	f.answers("GET /v1/results", []api.Result{{Number: 12, Name: "blue sky.ogg", Size: 8}, {Number: 3, Name: "blue moon.ogg"}})
	f.answers("GET /v1/peers", []api.Peer{{Addr: "9.1.1.1:7000", Agent: "filbert/0.1.0"}})
	f.answers("GET /v1/downloads", []api.Download{{Name: "blue sky.ogg", State: "waiting"}})
	f.answers("GET /v1/shares", []api.Share{{Dir: "/music", Files: 1}})
	node := api.Dial(filepath.Join(f.home, "api.sock"))
	defer node.Close()
	gone := api.Dial(filepath.Join(f.home, "other.sock"))
	defer gone.Close()
	for _, tt := range []struct {
		node        *api.Client
		words, last string
		want        string
	}{
		{node, "", "sea", "search"},
		{node, "", "s", "search share status stop"},
		{node, "", "x", ""},
		{node, "share", "", "ls add rm check rescan"},
		{node, "share rm", "", "/music"},
		{node, "downloads", "c", "cancel"},
		{node, "downloads cancel", "", "1"},
		{node, "get", "", "12 3"},
		{node, "get", "1", "12"},
		{node, "disconnect", "9", "9.1.1.1:7000"},
		{node, "get", "--o", "--output"},
		{node, "search blue", "--max", "--max-size"},
		{node, "search", "--h", "--hops"}, // --home means nothing here
		{node, "search", "blue", ""},
		{node, "nonsense", "", ""},
		{gone, "get", "", ""}, // nobody to ask: no choices, and no error
		{gone, "", "pee", "peers"},
	} {
		e := &executor{env: Env{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, node: tt.node}
		var got []string
		for _, c := range e.Complete(t.Context(), strings.Fields(tt.words), tt.last) {
			got = append(got, c.Value)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.words, tt.last, got, tt.want)
		}
	}
}
