package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"filbert/node/api"
)

const someURN = "urn:sha1:KDCXMG3YLXQIVA2DRN5VRYXS3QX7B2B2"

// TestGetOutcomes is how a download can end, as a script sees it: the path on
// standard output or nothing, what went wrong beside it, and the exit code.
func TestGetOutcomes(t *testing.T) {
	begun := api.Download{URN: someURN, Name: "blue sky.ogg", Size: 8, State: "queued"}
	as := func(state string, more func(*api.Download)) api.Download {
		d := begun
		if d.State = state; more != nil {
			more(&d)
		}
		return d
	}
	for _, tt := range []struct {
		name      string
		flags     []string
		end       api.Download
		out, said string
		code      int
	}{
		{"complete", nil, as("complete", func(d *api.Download) { d.Path = "/there/blue sky.ogg" }), "/there/blue sky.ogg\n", "", exitDone},
		{"wrong bytes", nil, as("failed", func(d *api.Download) { d.Wrong, d.Error = true, "the SHA-1 is not the wanted one" }),
			"", "filbert: blue sky.ogg: verification failed: the SHA-1 is not the wanted one\n", exitWrong},
		{"wrong bytes, as JSON", []string{"--json"}, as("failed", func(d *api.Download) { d.Wrong, d.Error = true, "wrong" }),
			`"wrong_content": true`, "filbert: blue sky.ogg: verification failed: wrong\n", exitWrong},
		{"failed", nil, as("failed", func(d *api.Download) { d.Error = "disk on fire" }), "", "filbert: blue sky.ogg: disk on fire\n", exitFailed},
		{"cancelled", nil, as("cancelled", nil), "", "filbert: blue sky.ogg: the download was cancelled\n", exitFailed},
		{"the node ends", nil, as("downloading", nil), "", "filbert: the node has stopped; the download goes on when it is started again\n", exitNotRunning},
		{"not waited for", []string{"--detach"}, as("complete", nil), "", "blue sky.ogg: queued\n", exitDone},
	} {
		f := newFake(t)
		f.answers("POST /v1/downloads", begun)
		f.streams("GET /v1/downloads/{hash}/events", "download", as("downloading", func(d *api.Download) { d.Have = 4 }), tt.end)
		out, said, code := f.run(t, append([]string{"get", "1"}, tt.flags...)...)
		if code != tt.code || said != tt.said || !strings.Contains(out, tt.out) || tt.out == "" && out != "" {
			t.Errorf("%s: %q, %q, exit code %d; want %q, %q, %d", tt.name, out, said, code, tt.out, tt.said, tt.code)
		}
		if strings.ContainsAny(out+said, "\r\x1b") {
			t.Errorf("%s: a bar or color without a terminal: %q", tt.name, out+said)
		}
	}
}

// TestGetOutput: a path is the user's, relative to where the command was given.
func TestGetOutput(t *testing.T) {
	for flag, want := range map[string]string{
		"": "", "name.ogg": "/here/name.ogg", "sub/": "/here/sub/", "../up": "/up", "/abs/./x": "/abs/./x",
	} {
		f := newFake(t)
		asked := map[string]string{}
		f.HandleFunc("POST /v1/downloads", func(w http.ResponseWriter, r *http.Request) {
			json.NewDecoder(r.Body).Decode(&asked)
			json.NewEncoder(w).Encode(api.Download{URN: someURN, State: "queued"})
		})
		if _, said, code := f.run(t, "get", someURN, "--detach", "-o", flag); code != exitDone {
			t.Fatalf("%q: exit code %d, %s", flag, code, said)
		}
		if asked["target"] != someURN || asked["output"] != want {
			t.Errorf("-o %q asked for %v, want %q", flag, asked, want)
		}
	}
}

// TestCancelPicks finds the download that is meant, by number or name.
func TestCancelPicks(t *testing.T) {
	for what, want := range map[string]int{
		"1": exitDone, "2": exitNotFound, "0": exitNotFound, "-1": exitUsage, someURN: exitDone, strings.ToLower(someURN[9:]): exitDone,
		"B2": exitNotFound, "nonsense": exitNotFound,
	} {
		f := newFake(t)
		cancelled := ""
		f.answers("GET /v1/downloads", []api.Download{{URN: someURN, Name: "blue sky.ogg", State: "waiting"}})
		f.HandleFunc("DELETE /v1/downloads/{hash}", func(w http.ResponseWriter, r *http.Request) {
			cancelled = r.PathValue("hash") + "?" + r.URL.RawQuery
			w.WriteHeader(http.StatusNoContent)
		})
		_, said, code := f.run(t, "downloads", "cancel", "--remove", what)
		if code != want || (cancelled == someURN[9:]+"?remove=true") != (want == exitDone) {
			t.Errorf("cancel %s: exit code %d, cancelled %q, %s", what, code, cancelled, said)
		}
	}
}
