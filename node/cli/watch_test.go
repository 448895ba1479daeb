package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"filbert/node/api"
)

// TestPicture is what downloads --watch draws.
func TestPicture(t *testing.T) {
	now := time.Now()
	list := []api.Download{
		{Name: "done.ogg", State: "complete", Size: 10, Have: 10, Path: "/there/done.ogg", Sources: 1},
		{Name: "waits.ogg", State: "waiting", Size: 2048, Have: 1024, Reason: "9.1.1.1:7000: busy", Until: now.Add(5 * time.Second), Sources: 3},
		{Name: "comes.ogg", State: "downloading", Size: 4096, Have: 1024, Rate: 1024, ETA: 3, Source: "9.1.1.1:7000", Sources: 2, Verify: "BLAKE3",
			Wasted: 2048, Map: []byte{255, 255, 1, 254, 0}, Peers: []api.Fetched{
				{Name: "9.1.1.1:7000", Vendor: "GTKG", State: "fetching", Rate: 1024, Bytes: 2048},
				{Name: "9.1.1.22:7000", State: "resting", Reason: "9.1.1.22:7000: busy", Until: now.Add(5 * time.Second)},
				{Name: "9.1.1.3:7000", State: "dropped", Reason: "wrong bytes"}, {State: "untried"}, {State: "untried"},
			}},
		{Name: "next.ogg", State: "queued", Size: 1},
	}
	for rows, want := range map[int]string{
		20: `
3 under way, 1 complete; 4.0 KiB to go at 1.0 KiB/s, 4s
N  STATE        DONE  SIZE     RATE       ETA  SOURCES  NAME
3  downloading  25%   4.0 KiB  1.0 KiB/s  3s   2        comes.ogg
   [##-=.]  BLAKE3  2.0 KiB thrown away
   9.1.1.1:7000   GTKG  fetching  2.0 KiB  1.0 KiB/s
   9.1.1.22:7000  -     resting   0 B      again in 5s: busy
   9.1.1.3:7000   -     dropped   0 B      wrong bytes
   2 untried
2  waiting      50%   2.0 KiB  -          -    3        waits.ogg
   again in 5s: 9.1.1.1:7000: busy
4  queued       0%    1 B      -          -    0        next.ogg
1  complete     100%  10 B     -          -    1        done.ogg
   /there/done.ogg`,
		12: `
3 under way, 1 complete; 4.0 KiB to go at 1.0 KiB/s, 4s
N  STATE        DONE  SIZE     RATE       ETA  SOURCES  NAME
3  downloading  25%   4.0 KiB  1.0 KiB/s  3s   2        comes.ogg
   [##-=.]  BLAKE3  2.0 KiB thrown away
   9.1.1.1:7000   GTKG  fetching  2.0 KiB  1.0 KiB/s
   9.1.1.22:7000  -     resting   0 B      again in 5s: busy
   9.1.1.3:7000   -     dropped   0 B      wrong bytes
   2 untried
2  waiting      50%   2.0 KiB  -          -    3        waits.ogg
   again in 5s: 9.1.1.1:7000: busy
4  queued       0%    1 B      -          -    0        next.ogg
and 1 more`,
		3: `
3 under way, 1 complete; 4.0 KiB to go at 1.0 KiB/s, 4s
N  STATE        DONE  SIZE     RATE       ETA  SOURCES  NAME
and 4 more`,
	} {
		if got := "\n" + strings.Join(picture(list, rows, now), "\n"); got != want {
			t.Errorf("on %d rows:%s\nwant:%s", rows, got, want)
		}
	}
	if got := picture(nil, 5, now); len(got) != 1 || got[0] != "no downloads" {
		t.Errorf("without downloads: %q", got)
	}
}

func TestPieces(t *testing.T) {
	for _, tt := range []struct {
		shares []byte
		width  int
		want   string
	}{
		{nil, 64, ""},
		{[]byte{0, 255, 1, 200}, 64, ".#-="},
		{[]byte{0, 0, 255, 255, 255, 0, 255, 254, 0, 1}, 5, ".#-=-"},
		{[]byte{0, 0, 0, 255, 255}, 2, ".="},
		{make([]byte, 256), 64, strings.Repeat(".", 64)},
	} {
		if got := pieces(tt.shares, tt.width); got != tt.want {
			t.Errorf("%v on %d: %q, want %q", tt.shares, tt.width, got, tt.want)
		}
	}
}

// TestWatch follows downloads where there is no terminal: a line for each step
// that matters, in no color and with no bar.
func TestWatch(t *testing.T) {
	d := api.Download{URN: someURN, Name: "a.ogg", State: "downloading", Size: 100, Have: 11, Rate: 8, ETA: 9, Source: "9.1.1.1:7000"}
	f := newFake(t)
	f.HandleFunc("GET /v1/downloads/events", func(w http.ResponseWriter, _ *http.Request) {
		send := func(event string, v any) {
			b, _ := json.Marshal(v) // types of the API
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b)
		}
		send("download", d)
		send("round", api.Round{Order: []string{d.URN}})
		for _, have := range []int64{12, 25, 100} {
			now := d
			if now.Have = have; have == 100 {
				now.State, now.Path = "complete", "/there/a.ogg"
			}
			send("download", now)
			send("round", api.Round{})
		}
		send("round", api.Round{Order: []string{}})
	})
	const gone = "filbert: the node has stopped; its downloads go on when it is started again\n"
	out, said, code := f.run(t, "downloads", "--watch")
	want := "a.ogg: downloading, 11% of 100 B, 8 B/s, 9s to go: from 9.1.1.1:7000\n" +
		"a.ogg: downloading, 25% of 100 B, 8 B/s, 9s to go: from 9.1.1.1:7000\n" +
		"a.ogg: complete, 100% of 100 B: /there/a.ogg\n"
	if out != want || said != gone || code != exitNotRunning {
		t.Errorf("%q, %q, exit code %d; want %q", out, said, code, want)
	}
	out, _, _ = f.run(t, "downloads", "--watch", "--jsonl")
	if strings.Count(out, "\n") != 4 || strings.Count(out, someURN) != 4 {
		t.Errorf("as lines of JSON: %s", out)
	}
	for _, flags := range [][]string{{"--watch", "--json"}, {"--jsonl"}} {
		if _, said, code := f.run(t, append([]string{"downloads"}, flags...)...); code != exitUsage || !strings.Contains(said, "--json") {
			t.Errorf("%q: %q, exit code %d", flags, said, code)
		}
	}
}
