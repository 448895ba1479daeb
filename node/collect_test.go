package node_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/node"
	"filbert/transfer/collection"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// onDisk is a new folder with these files.
func (tn *town) onDisk(name string, files map[string]string) string {
	tn.t.Helper()
	dir := filepath.Join(tn.dir, name)
	for rel, content := range files {
		at := filepath.Join(dir, rel)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(content), 0o644)); err != nil {
			tn.t.Fatal(err)
		}
	}
	return dir
}

// collects waits for the link of the collection of a folder.
func (tn *town) collects(c *citizen, dir, name string) urn.Magnet {
	tn.t.Helper()
	var done node.Collected
	tn.until(dir+" is collected", func() bool {
		var err error
		if done, err = c.Collect(tn.t.Context(), dir, name); err != nil {
			tn.t.Fatal(err)
		}
		return done.Ready
	})
	if !done.Link.Shared || done.Link.Hidden {
		tn.t.Errorf("the link is %+v", done.Link)
	}
	m, err := urn.ParseMagnet(done.Link.String())
	if err != nil {
		tn.t.Fatal(err)
	}
	return m
}

// fetchesCollection fetches what a link names, then the folder that this names.
func (tn *town) fetchesCollection(c *citizen, m urn.Magnet) node.Folder {
	tn.t.Helper()
	tn.fetchesList(c, m)
	begun, err := c.AddCollection(m, "")
	if err != nil {
		tn.t.Fatal(err)
	}
	f := tn.over(c, begun.Name)
	for _, file := range f.Files {
		if file.Reason != "" {
			tn.t.Errorf("%s: %s", file.Path, file.Reason)
		}
	}
	return f
}

// fetchesList fetches what a link names.
func (tn *town) fetchesList(c *citizen, m urn.Magnet) {
	tn.t.Helper()
	if _, err := c.AddCollection(m, ""); !errors.Is(err, node.ErrNotHere) {
		tn.t.Errorf("a collection that is not here: %v", err)
	}
	if _, err := c.GetMagnet(tn.t.Context(), m, "", download.Terms{}); err != nil {
		tn.t.Fatal(err)
	}
	for range c.Watch(tn.t.Context(), m.SHA1) {
	}
}

// TestCollect: a folder goes from one to others by nothing but a link, by which they find
// it at an address, and by hash alone.
func TestCollect(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		dir := tn.onDisk("Blue Album", map[string]string{"disc 1/sky.txt": "one", "cover.txt": "two", ".notes": "x", "disc 1/id_rsa": "key"})
		collections := filepath.Join(tn.dir, "collections")
		collector := func(cfg *node.Config) { cfg.Collections = collections }
		anna := tn.movesAs(nil, collector)
		if _, err := anna.Collect(t.Context(), dir, ""); !errors.Is(err, library.ErrNotShare) {
			t.Errorf("of a folder that is not shared: %v", err)
		}
		if err := anna.Share(t.Context(), dir, true); err != nil {
			t.Fatal(err)
		}
		first := tn.collects(anna, dir, "")
		if again := tn.collects(anna, dir, ""); again.String() != first.String() {
			t.Errorf("of the same folder %v, then %v", first, again)
		}
		want := map[string]string{"disc 1/sky.txt": "one", "cover.txt": "two"}
		boris := tn.moves(nil)
		f := tn.fetchesCollection(boris, first)
		if got := tree(t, f.Dir); f.Name != "Blue Album" || f.By != anna.PeerID() || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s, by %v: fetched %q, want %q", f.Name, f.By, got, want)
		}
		path := filepath.Join(boris.downloads, first.Name)
		if err := os.WriteFile(path, []byte("#filbert-collection 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := boris.AddCollection(first, "Changed"); !errors.Is(err, node.ErrNotHere) {
			t.Errorf("a collection that somebody changed: %v", err)
		}

		tn.onDisk("Blue Album", map[string]string{"disc 1/sky.txt": "another sky"})
		second := tn.collects(anna, dir, "../Sky")
		if second.SHA1 == first.SHA1 || strings.ContainsAny(second.Name, "/") {
			t.Errorf("of a changed folder %v, after %v", second, first)
		}
		anna.stop()
		anna = tn.movesAs(nil, func(cfg *node.Config) { // another address, so the links are no help
			collector(cfg)
			cfg.State, cfg.Shares = anna.state, []library.Share{{Dir: dir, Forced: true}}
		})
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 4 })
		if len(anna.Library().Shares()) != 2 {
			t.Errorf("she shares %+v", anna.Library().Shares())
		}
		clara := tn.moves(nil, anna)
		tn.linked(clara, 1)
		second.Sources = nil
		f = tn.fetchesCollection(clara, second)
		want["disc 1/sky.txt"] = "another sky"
		if got := tree(t, f.Dir); f.Name != "_._Sky" || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: fetched %q, want %q", f.Name, got, want)
		}
	})
}

// TestCollectBounds holds what cannot be read by others, and keeps no more collections
// than it may.
func TestCollectBounds(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		collections := tn.onDisk("collections", map[string]string{"notes.txt": "mine"})
		const kept = 100
		for i := range kept {
			name := fmt.Sprintf("%03d.collection", i)
			tn.onDisk("collections", map[string]string{name: name})
			if err := os.Chtimes(filepath.Join(collections, name), time.Time{}, time.Unix(int64(1e9-i), 0)); err != nil {
				t.Fatal(err)
			}
		}
		many := map[string]string{}
		for i := range collection.MaxFiles + 1 {
			many[fmt.Sprint(i)] = "x"
		}
		shares := []library.Share{}
		for _, dir := range []string{
			tn.onDisk("one", map[string]string{"a": "a"}), tn.onDisk("many", many), tn.onDisk("none", map[string]string{".a": "a"}),
			tn.onDisk("deep", map[string]string{strings.Repeat("d/", 20) + "a": "a"}),
		} {
			shares = append(shares, library.Share{Dir: dir, Forced: true})
		}
		anna := tn.movesAs(nil, func(cfg *node.Config) { cfg.Collections, cfg.Shares = collections, shares })
		tn.until("anna shares", func() bool {
			s, err := anna.Status(t.Context())
			return err == nil && s.Files == 1+len(many)+1+kept+1
		})
		for name, want := range map[string]error{"many": node.ErrLongCollection, "none": node.ErrNoneShared, "deep": node.ErrLongCollection} {
			if done, err := anna.Collect(t.Context(), filepath.Join(tn.dir, name), ""); !errors.Is(err, want) {
				t.Errorf("%s: %+v, %v", name, done, err)
			}
		}
		if _, err := anna.Collect(t.Context(), filepath.Join(tn.dir, "one", "a"), ""); !errors.Is(err, node.ErrNotFolder) {
			t.Errorf("a file: %v", err)
		}
		if _, err := anna.Collect(t.Context(), "one", ""); !errors.Is(err, node.ErrRelative) {
			t.Errorf("a relative path: %v", err)
		}
		made := tn.collects(anna, filepath.Join(tn.dir, "one"), "id_rsa") // no name that is shared
		entries, err := os.ReadDir(collections)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if len(names) != kept+1 || slices.Contains(names, "099.collection") || !slices.Contains(names, "098.collection") ||
			!slices.Contains(names, "notes.txt") || !slices.Contains(names, made.Name) {
			t.Errorf("kept are %q", names)
		}
		mine := urn.Magnet{URN: urn.URN{SHA1: urn.SHA1(sha1.Sum([]byte("mine"))), HasSHA1: true}, Size: -1}
		if _, err := anna.AddCollection(mine, ""); !errors.Is(err, node.ErrNoCollection) {
			t.Errorf("a file that is no collection: %v", err)
		}
		boris := tn.moves(nil)
		if _, err := boris.Collect(t.Context(), tn.dir, ""); !errors.Is(err, node.ErrNoCollections) {
			t.Errorf("of a node without a folder for them: %v", err)
		}
	})
}
