package node_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/nat"
	"filbert/node"
	"filbert/query"
	"filbert/query/flood"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// folder is n files.
func folder(n int) fstest.MapFS {
	files := fstest.MapFS{}
	for i := range n {
		files[fmt.Sprintf("file number %d.txt", i)] = file(fmt.Sprintf("content %d", i))
	}
	return files
}

// shares waits until a node shares n files.
func (tn *town) shares(c *citizen, n int) {
	tn.t.Helper()
	tn.until(fmt.Sprint(n, " files shared"), func() bool {
		s, err := c.Status(tn.t.Context())
		return err == nil && s.Files == n
	})
}

// browses lists what another node shares.
func (tn *town) browses(c *citizen, src transfer.Source) ([]query.Result, error) {
	tn.t.Helper()
	b, err := c.Browse(tn.t.Context(), src)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	var found []query.Result
	err = b.Each(func(r query.Result, _ query.Hit) { found = append(found, r) })
	return found, err
}

// searches takes what is found in two seconds.
func (tn *town) searches(c *citizen, q query.Query, found func(query.Result)) error {
	ctx, cancel := context.WithTimeout(tn.t.Context(), 2*time.Second)
	defer cancel()
	return c.Search(ctx, q, func(r query.Result, _ query.Hit) { found(r) })
}

// TestBrowse lists a node's files from another that has no link to it, fetches
// one by its number, and is told when it comes too often.
func TestBrowse(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(folder(33))
		boris := tn.moves(nil)
		tn.shares(anna, 33)
		src := transfer.Source{Addr: anna.Addr()}
		found, err := tn.browses(boris, src)
		if err != nil || len(found) != 33 {
			t.Fatalf("%d files, %v", len(found), err)
		}
		numbers := map[int]bool{}
		for _, r := range found {
			numbers[r.Number] = true
			if !r.Hashed() || len(r.Sources) != 1 || r.Sources[0].Addr != anna.Addr() || r.Sources[0].Vendor != "FLBT" || r.Hops != 1 {
				t.Errorf("found %+v", r)
			}
		}
		if len(numbers) != 33 {
			t.Errorf("%d numbers", len(numbers))
		}
		i := slices.IndexFunc(found, func(r query.Result) bool { return r.File.Name == "file number 7.txt" })
		if i < 0 || found[i].File.SHA1 != urn.SHA1(sha1.Sum([]byte("content 7"))) {
			t.Fatalf("file 7 is not among %+v", found)
		}
		r, err := boris.Result(found[i].Number)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := boris.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		for range boris.Watch(t.Context(), r.File.SHA1) {
		}
		if got, err := os.ReadFile(filepath.Join(boris.downloads, r.File.Name)); err != nil || string(got) != "content 7" {
			t.Errorf("fetched %q, %v", got, err)
		}

		// Found by a search, a file keeps its number.
		if err := boris.Connect(t.Context(), anna.Addr()); err != nil {
			t.Fatal(err)
		}
		if again := tn.finds(boris, "file number 7", 1); again.Number != r.Number {
			t.Errorf("found as %d, browsed as %d", again.Number, r.Number)
		}

		for range 2 {
			if _, err := tn.browses(boris, src); err != nil {
				t.Errorf("again: %v", err)
			}
		}
		_, err = tn.browses(boris, src)
		var answered *flood.BrowseError
		if anna.Addr().Addr().IsLoopback() {
			if err != nil {
				t.Errorf("the machine itself is refused: %v", err)
			}
		} else if !errors.As(err, &answered) || answered.Status != http.StatusTooManyRequests || answered.After < 59*time.Minute {
			t.Errorf("the fourth time: %v", err)
		}
		s, err := anna.Status(t.Context())
		if err != nil || s.Browsed.Listed < 3 || s.Browsed.Files != 33*s.Browsed.Listed {
			t.Errorf("counted %+v, %v", s.Browsed, err)
		}
	})
}

// TestBrowseRefused asks those who list nothing.
func TestBrowseRefused(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		boris := tn.moves(nil)
		tn.change = []func(*node.Config){func(c *node.Config) { c.Browse = false }}
		anna := tn.moves(folder(1))
		tn.shares(anna, 1)
		_, err := tn.browses(boris, transfer.Source{Addr: anna.Addr()})
		if err == nil || !strings.Contains(err.Error(), "does not let itself be browsed") {
			t.Errorf("one that is switched off: %v", err)
		}
		nobody := netip.AddrPortFrom(anna.Addr().Addr(), 9)
		if _, err := tn.browses(boris, transfer.Source{Addr: nobody}); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("one that is not there: %v", err)
		}
		if _, err := tn.browses(boris, transfer.Source{Addr: nobody, Push: true}); !errors.Is(err, nat.ErrNoWay) {
			t.Errorf("one behind a wall: %v", err)
		}
	})
}

// TestBrowseSeesChanges asks again for what was listed before.
func TestBrowseSeesChanges(t *testing.T) {
	tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	anna := tn.moves(folder(2))
	tn.shares(anna, 2)
	ask := func(since string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+anna.Addr().String()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "application/x-gnutella-packets")
		r.Header.Set("If-Modified-Since", since)
		r.Close = true
		transport := &http.Transport{DisableKeepAlives: true}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer
	}
	first := ask("")
	if first.StatusCode != http.StatusOK || first.Header.Get("X-Features") != "browse/1.0, queue/1.0, fwalt/0.1, want/0.1" || first.Header.Get("X-Guid") == "" {
		t.Errorf("%s, %v", first.Status, first.Header)
	}
	if again := ask(first.Header.Get("Last-Modified")); again.StatusCode != http.StatusNotModified {
		t.Errorf("nothing changed, but %s", again.Status)
	}
}

// TestWhatsNew asks neighbors for their newest files, and not too often.
func TestWhatsNew(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		files := fstest.MapFS{}
		for i := range 6 {
			f := file(fmt.Sprint("content ", i))
			f.ModTime = time.Date(2020+i, 1, 1, 0, 0, 0, 0, time.UTC)
			files[fmt.Sprintf("from %d.txt", 2020+i)] = f
		}
		files["song of 2019.ogg"] = &fstest.MapFile{Data: []byte("la"), ModTime: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)}
		anna := tn.moves(files)
		tn.shares(anna, 7)
		boris := tn.moves(nil, anna)
		tn.linked(boris, 1)
		clara := tn.moves(nil, anna)
		tn.linked(clara, 1)
		ask := func(c *citizen, q query.Query) (names []string, err error) {
			err = tn.searches(c, q, func(r query.Result) { names = append(names, r.File.Name) })
			return names, err
		}
		got, err := ask(clara, query.Query{New: true})
		if want := []string{"from 2025.txt", "from 2024.txt", "from 2023.txt"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("the newest: %q, %v; want %q", got, err, want)
		}
		if got, err := ask(clara, query.Query{New: true}); !errors.Is(err, node.ErrTooSoon) || len(got) > 0 {
			t.Errorf("again at once: %q, %v", got, err)
		}
		audio := query.Query{New: true}
		audio.Media = 4
		if got, err := ask(boris, audio); err != nil || !slices.Equal(got, []string{"song of 2019.ogg"}) {
			t.Errorf("the newest song: %q, %v", got, err)
		}
	})
}

// TestHandshakeTellsOfBrowsing reads what a node says of itself to who calls.
func TestHandshakeTellsOfBrowsing(t *testing.T) {
	for _, browse := range []bool{true, false} {
		tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
		tn.change = []func(*node.Config){func(c *node.Config) { c.Browse = browse }}
		anna := tn.moves(nil)
		conn, err := net.Dial("tcp", anna.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(conn, "GNUTELLA CONNECT/0.6\r\nUser-Agent: test\r\nX-Ultrapeer: True\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(conn)
		features := ""
		for lines.Scan() && lines.Text() != "" {
			if value, ok := strings.CutPrefix(lines.Text(), "X-Features: "); ok {
				features = value
			}
		}
		conn.Close()
		if !strings.Contains(features, "IP/6.0") || strings.Contains(features, "browse/1.0") != browse {
			t.Errorf("browsing %v: features %q", browse, features)
		}
		tn.close()
	}
}

// TestBrowseBehindAFirewall lists the files of a node that cannot be connected
// to: it is asked to call, as for a download.
func TestBrowseBehindAFirewall(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		boris := tn.moves(nil)
		anna := tn.walls(folder(12), boris)
		tn.linked(anna, 1)
		clara := tn.moves(nil, boris)
		tn.linked(clara, 1)
		tn.open(clara)
		tn.shares(anna, 12)
		one := tn.finds(clara, "number 7", 1)
		if !one.Sources[0].Push {
			t.Fatalf("found %+v, want push", one.Sources[0])
		}
		found, err := tn.browses(clara, one.Sources[0])
		if err != nil || len(found) != 12 {
			t.Fatalf("%d files, %v", len(found), err)
		}
		for _, r := range found {
			if s := r.Sources[0]; !s.Push || s.Servent != one.Sources[0].Servent || (r.Number == one.Number) != (r.File.SHA1 == one.File.SHA1) {
				t.Errorf("browsed %+v, found %+v", r, one)
			}
		}
		if _, err := clara.Get(found[3], "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		for range clara.Watch(t.Context(), found[3].File.SHA1) {
		}
		if got, err := os.ReadFile(filepath.Join(clara.downloads, found[3].File.Name)); err != nil || sha1.Sum(got) != found[3].File.SHA1 {
			t.Errorf("fetched %q, %v", got, err)
		}
	})
}
