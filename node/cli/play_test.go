package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"filbert/node/api"
)

// TestPlay is how playing ends: all was read, or the file does not come.
func TestPlay(t *testing.T) {
	begun := api.Play{URL: "http://127.0.0.1:1/token/a.ogg", Name: "a.ogg", URN: someURN, Size: 8}
	read, other := begun, begun
	read.Read, other.URL = 8, "http://127.0.0.1:1/other/b.ogg"
	for _, tt := range []struct {
		name      string
		flags     []string
		playing   [][]api.Play // one after another
		download  api.Download
		out, said string
		code      int
	}{
		{"read to the end", nil, [][]api.Play{{other, begun}, {other, read}}, api.Download{URN: someURN, State: "downloading"}, begun.URL + "\n", "", exitDone},
		{"as JSON", []string{"--json"}, [][]api.Play{{read}}, api.Download{}, `"url": "http://127.0.0.1:1/token/a.ogg"`, "", exitDone},
		{"cancelled", nil, [][]api.Play{{begun}}, api.Download{URN: someURN, Name: "a.ogg", State: "cancelled"},
			begun.URL, "filbert: a.ogg: the download was cancelled\n", exitFailed},
		{"failed", nil, [][]api.Play{{begun}}, api.Download{URN: someURN, Name: "a.ogg", State: "failed", Error: "disk on fire"},
			begun.URL, "filbert: a.ogg: disk on fire\n", exitFailed},
		{"wrong bytes", nil, [][]api.Play{{begun}}, api.Download{URN: someURN, Name: "a.ogg", State: "failed", Wrong: true, Error: "wrong"},
			begun.URL, "filbert: a.ogg: verification failed: wrong\n", exitWrong},
		{"forgotten", nil, [][]api.Play{{other}}, api.Download{}, begun.URL, "filbert: a.ogg: the node no longer plays it\n", exitNotFound},
	} {
		f := newFake(t)
		f.answers("POST /v1/play", begun)
		f.answers("GET /v1/downloads", []api.Download{tt.download})
		var asked atomic.Int64
		f.HandleFunc("GET /v1/play", func(w http.ResponseWriter, _ *http.Request) {
			json.NewEncoder(w).Encode(tt.playing[min(int(asked.Add(1)), len(tt.playing))-1])
		})
		out, said, code := f.run(t, append([]string{"play", "1", "--no-open"}, tt.flags...)...)
		if code != tt.code || said != tt.said || !strings.Contains(out, tt.out) {
			t.Errorf("%s: %q, %q, exit code %d; want %q, %q, %d", tt.name, out, said, code, tt.out, tt.said, tt.code)
		}
	}
	f := newFake(t)
	if _, said, code := f.run(t, "play"); code != exitUsage || !strings.Contains(said, "play what?") {
		t.Errorf("without a file: %q, exit code %d", said, code)
	}
}
