package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"filbert/node/api"
)

// TestGroupLimit: what is asked for is asked of the node, and what it has is shown.
func TestGroupLimit(t *testing.T) {
	for _, c := range []struct {
		args      []string
		asked     string
		has       api.GroupLimit
		out, said string
		code      int
	}{
		{[]string{"lab", "--up", "100", "--slots", "2"}, `{"slots":2,"up_kib":100}`, api.GroupLimit{Up: 100, Slots: 2}, "100.0 KiB/s at most, 2 files at a time\n", "", exitDone},
		{[]string{"lab", "--up", "0"}, `{"up_kib":0}`, api.GroupLimit{Slots: 2}, "as many bytes per second as there are, 2 files at a time\n", "", exitDone},
		{[]string{"lab"}, `{}`, api.GroupLimit{Up: 1}, "1.0 KiB/s at most, as many files at a time as upload-slots says\n", "", exitDone},
		{[]string{"lab", "--json"}, `{}`, api.GroupLimit{Up: 1}, "{\n  \"up_kib\": 1,\n  \"slots\": 0\n}\n", "", exitDone},
		{nil, "", api.GroupLimit{}, "", "filbert: of which group? `filbert group limit GROUP`\n", exitUsage},
	} {
		f, asked := newFake(t), ""
		f.HandleFunc("PUT /v1/groups/lab/limit", func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			asked = string(b)
			json.NewEncoder(w).Encode(c.has)
		})
		out, said, code := f.run(t, append([]string{"group", "limit"}, c.args...)...)
		if out != c.out || said != c.said || code != c.code || asked != c.asked {
			t.Errorf("%q: exit code %d, asked for %s, said %q:\n%s", c.args, code, asked, said, out)
		}
	}
	f := newFake(t)
	f.answers("GET /v1/groups/lab", api.Group{Name: "lab", Limit: &api.GroupLimit{Up: 100}})
	if _, said, _ := f.run(t, "group", "status", "lab"); said != "lab: its members get of this node 100.0 KiB/s at most, as many files at a time as upload-slots says\n" {
		t.Errorf("status said %q", said)
	}
}
