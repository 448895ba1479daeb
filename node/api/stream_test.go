package api

import (
	"bufio"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/transfer/urn"
)

// songs is what the other node of a pair shares; a terminal would obey one name.
var songs = fstest.MapFS{
	"blue sky.ogg":              {Data: []byte("la la la")},
	"blue moon.ogg":             {Data: []byte("moon")},
	"blue \x1b[2J \u202etxt.md": {Data: []byte("evil")},
}

// TestSearchStream reads a search as it goes over the socket: results as they
// are found, then the end.
func TestSearchStream(t *testing.T) {
	asker, other := pair(t, songs)
	addr := serveTCP(t, asker, "", nil)
	resp, err := http.Get("http://" + addr.String() + "/v1/search?words=BLUE&limit=3&wait=20s")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("status %d, type %q", resp.StatusCode, got)
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if !strings.HasPrefix(text, ": ") || !strings.HasSuffix(text, "}\n\n") {
		t.Errorf("the stream is not framed:\n%s", text)
	}
	var names []string
	events := strings.Split(strings.TrimSuffix(text, "\n\n"), "\n\n")[1:]
	for _, e := range events {
		name, data, ok := strings.Cut(e, "\ndata: ")
		names = append(names, strings.TrimPrefix(name, "event: "))
		if !ok || strings.Contains(data, "\n") {
			t.Errorf("an event of several lines: %q", e)
		}
	}
	if !slices.Equal(names, []string{"result", "result", "result", "end"}) {
		t.Errorf("events %q", names)
	}
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, `\u001b`) || strings.Contains(strings.ToLower(text), `\u202e`) {
		t.Errorf("what a terminal obeys came through:\n%q", text)
	}
	if !strings.Contains(text, other.Addr().String()) {
		t.Errorf("the source is not named:\n%s", text)
	}
}

// TestSearch asks as commands do: numbers stay, the limit ends it, and so does
// a client that goes away.
func TestSearch(t *testing.T) {
	asker, _ := pair(t, songs)
	c := serve(t, asker, nil)
	all := map[string]int{}
	end, err := c.Search(t.Context(), SearchRequest{Words: "blue", Limit: 3, Wait: 20 * time.Second}, func(r Result) {
		all[r.Name] = r.Number
		if r.URN == "" || r.Size == 0 || len(r.Sources) != 1 {
			t.Errorf("result %+v", r)
		}
	})
	if err != nil || end.Results != 3 || end.Hosts != 1 || end.Peers != 1 || end.Error != "" || len(all) != 3 {
		t.Fatalf("end %+v, %v, results %v", end, err, all)
	}
	for _, tt := range []struct {
		what string
		ask  SearchRequest
		want int
	}{
		{"a limit", SearchRequest{Words: "blue", Limit: 1, Wait: 20 * time.Second}, 1},
		{"one file", SearchRequest{Words: "sky blu", Limit: 1, Wait: 20 * time.Second}, 1},
		{"a type", SearchRequest{Words: "blue", Type: "audio", Limit: 2, Wait: 20 * time.Second}, 2},
		{"sizes", SearchRequest{Words: "blue", MinSize: 5, MaxSize: 10, Limit: 1, Wait: 20 * time.Second}, 1},
		{"a URN", SearchRequest{Words: " " + urn.SHA1(sha1.Sum([]byte("moon"))).URN(), Limit: 1, Wait: 20 * time.Second}, 1},
		{"nothing", SearchRequest{Words: "green", Wait: 200 * time.Millisecond}, 0},
	} {
		end, err := c.Search(t.Context(), tt.ask, func(r Result) {
			if r.Number != all[r.Name] {
				t.Errorf("%s: %q is number %d now and was %d", tt.what, r.Name, r.Number, all[r.Name])
			}
		})
		if err != nil || end.Results != tt.want {
			t.Errorf("%s: %d results, %v; want %d", tt.what, end.Results, err, tt.want)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	end, err = c.Search(ctx, SearchRequest{Words: "blue", Wait: time.Minute}, func(Result) { cancel() })
	if !errors.Is(err, context.Canceled) || end.Results != 0 {
		t.Errorf("after it was given up: %+v, %v", end, err)
	}
	until(t, "the node has given up too", func() bool {
		s, err := c.Status(t.Context())
		return err == nil && s.Searches == 0
	})
}

// TestDownload fetches over the API and watches it to its end.
func TestDownload(t *testing.T) {
	asker, _ := pair(t, songs)
	c := serve(t, asker, nil)
	number := 0
	if _, err := c.Search(t.Context(), SearchRequest{Words: "sky", Limit: 1, Wait: 20 * time.Second}, func(r Result) { number = r.Number }); err != nil {
		t.Fatal(err)
	}
	d, err := c.Get(t.Context(), GetRequest{Target: fmt.Sprint(number)})
	if err != nil {
		t.Fatal(err)
	}
	h, err := parseHash(d.URN)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Watch(t.Context(), h, "", func(now Download) { d = now }); err != nil || d.State != "complete" || !d.Done() || d.Have != d.Size {
		t.Errorf("download %+v, %v", d, err)
	}
	if list, err := c.Downloads(t.Context()); err != nil || len(list) != 1 || list[0].Path != d.Path {
		t.Errorf("downloads %+v, %v", list, err)
	}
}

// TestCancel ends a download that nobody can give the rest of.
func TestCancel(t *testing.T) {
	asker, other := pair(t, fstest.MapFS{"blue sky.bin": {Data: make([]byte, 4<<20)}})
	c := serve(t, asker, nil)
	var found Result
	if _, err := c.Search(t.Context(), SearchRequest{Words: "sky", Limit: 1, Wait: 20 * time.Second}, func(r Result) { found = r }); err != nil {
		t.Fatal(err)
	}
	other.Library().Remove(t.Context(), "share") // it is known, and gone
	d, err := c.Get(t.Context(), GetRequest{Target: fmt.Sprint(found.Number)})
	if err != nil {
		t.Fatal(err)
	}
	h, err := parseHash(d.URN)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the download waits for sources", func() bool {
		list, err := c.Downloads(t.Context())
		return err == nil && len(list) == 1 && list[0].State == "waiting"
	})
	if err := c.Cancel(t.Context(), h, "", true); err != nil {
		t.Fatal(err)
	}
	if err := c.Watch(t.Context(), h, "", func(now Download) { d = now }); err != nil || d.State != "cancelled" {
		t.Errorf("download %+v, %v", d, err)
	}
}

func TestReadEvents(t *testing.T) {
	long := strings.Repeat("x", maxEvent)
	for _, tt := range []struct {
		name, text, want string
		fails            bool
	}{
		{"nothing", "", "", false},
		{"beats only", ": filbert\n\n:\n\n", "", false},
		{"two", "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n", "a=1 b=2 ", false},
		{"CR LF", "event: a\r\ndata: 1\r\n\r\n", "a=1 ", false},
		{"unknown fields", "id: 7\nevent: a\nretry: 1\ndata: 1\n\n", "a=1 ", false},
		{"cut off", "event: a\ndata: 1\n\nevent: b\n", "a=1 ", false},
		{"too long", "event: a\ndata: " + long + "\n\n", "", true},
		{"refused by the taker", "event: stop\ndata: 1\n\nevent: a\ndata: 2\n\n", "", true},
	} {
		got := ""
		err := readEvents(strings.NewReader(tt.text), func(event string, data []byte) error {
			if event == "stop" {
				return errors.New("stop")
			}
			got += event + "=" + string(data) + " "
			return nil
		})
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	if err := readEvents(io.MultiReader(strings.NewReader("event: a\n"), failing{}), nil); !errors.Is(err, bufio.ErrBadReadCount) {
		t.Errorf("a stream that breaks: %v", err)
	}
}

// failing is a stream that breaks.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, bufio.ErrBadReadCount }

// TestNodeGone: a node that is not there, or goes while it is asked, is told
// from one that answers.
func TestNodeGone(t *testing.T) {
	c := Dial(t.TempDir() + "/api.sock")
	defer c.Close()
	if _, err := c.Status(t.Context()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	if err := c.Stop(t.Context()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(context.Context) error {
		if conn, err := l.Accept(); err == nil {
			conn.Close()
		}
		return nil
	})
	defer l.Close()
	mute := DialTCP(l.Addr().String(), token)
	defer mute.Close()
	if _, err := mute.Status(t.Context()); err == nil || errors.Is(err, ErrNotRunning) {
		t.Errorf("hung up on: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
