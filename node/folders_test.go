package node_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"filbert/node"
	"filbert/transfer/collection"
	"filbert/transfer/urn"
)

// collected is a collection of files that a node shares, at paths of its own.
func collected(name string, from *citizen, files map[string]string) collection.Collection {
	c := collection.Collection{Name: name}
	for path, content := range files {
		h := urn.SHA1(sha1.Sum([]byte(content)))
		c.Files = append(c.Files, collection.File{
			Path: path, Size: int64(len(content)), URN: urn.URN{SHA1: h, HasSHA1: true},
			Sources: []string{"http://" + from.Addr().String() + "/uri-res/N2R?" + h.URN()},
		})
	}
	slices.SortFunc(c.Files, func(a, b collection.File) int { return strings.Compare(a.Path, b.Path) })
	return c
}

// shared is files of these contents.
func shared(contents ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i, content := range contents {
		files[fmt.Sprintf("%d.bin", i)] = file(content)
	}
	return files
}

// over waits until nothing more happens to a folder.
func (tn *town) over(c *citizen, name string) (f node.Folder) {
	tn.t.Helper()
	tn.until(name+" is over", func() bool {
		var err error
		f, err = c.Folder(name)
		return err == nil && !slices.ContainsFunc(f.Files, func(file node.FolderFile) bool { return !file.Ended })
	})
	return f
}

// tree is all files below a folder, with their contents.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(at)
		rel, _ := filepath.Rel(dir, at)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestFolder fetches a collection as one: names are made safe and distinct, what
// is in it twice is fetched once, and what is there already stays.
func TestFolder(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(shared("one", "two", "three"))
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 3 })
		boris := tn.moves(nil)
		if err := os.MkdirAll(filepath.Join(boris.downloads, "Blue_ Album"), 0o755); err != nil {
			t.Fatal(err)
		}
		c := collected("Blue/ Album", anna, map[string]string{
			"disc 1/a.txt": "one", "disc 1/A.txt": "two", "../../evil\u202e.txt": "three", "CON": "one", "disc 2/a.txt": "one",
		})
		begun, err := boris.AddFolder(c)
		if err != nil || begun.Name != "Blue_ Album (2)" || len(begun.Files) != 5 {
			t.Fatalf("%+v, %v", begun, err)
		}
		f := tn.over(boris, begun.Name)
		for _, file := range f.Files {
			if file.Reason != "" {
				t.Errorf("%s: %s", file.Path, file.Reason)
			}
		}
		want := map[string]string{"disc 1/A.txt": "two", "disc 1/a (2).txt": "one", "evil.txt": "three", "_CON": "one", "disc 2/a.txt": "one"}
		if got := tree(t, begun.Dir); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("fetched %q, want %q", got, want)
		}
		if err := boris.CancelFolder(t.Context(), begun.Name); err != nil {
			t.Error(err)
		}
		if got := tree(t, begun.Dir); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("after it was forgotten there is %q", got)
		}
		if _, err := boris.Folder(begun.Name); !errors.Is(err, node.ErrNoFolder) {
			t.Errorf("after it was forgotten: %v", err)
		}
		if err := boris.CancelFolder(t.Context(), ".."); !errors.Is(err, node.ErrNoFolder) {
			t.Errorf("a folder that is none: %v", err)
		}
	})
}

// TestFolderAgain: what a node did not fetch before it ended it fetches when it
// starts again, into the same folder.
func TestFolderAgain(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) { // it searches, which takes its time
		anna := tn.moves(shared("one", "two"))
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 2 })
		boris := tn.moves(nil)
		c := collected("Album", anna, map[string]string{"a": "one", "b/b": "two", "b/again": "two"})
		for i := range c.Files {
			if c.Files[i].Path != "a" { // nobody is known yet who has it
				c.Files[i].Sources = nil
			}
		}
		begun, err := boris.AddFolder(c)
		if err != nil {
			t.Fatal(err)
		}
		tn.until("a is there", func() bool {
			f, err := boris.Folder("Album")
			return err == nil && f.Files[0].Ended
		})
		boris.stop()
		again := tn.movesAs(nil, func(cfg *node.Config) { cfg.State, cfg.Downloads = boris.state, boris.downloads }, anna)
		f := tn.over(again, begun.Name)
		for _, file := range f.Files {
			if file.Reason != "" {
				t.Errorf("%s: %s", file.Path, file.Reason)
			}
		}
		if got := tree(t, filepath.Join(boris.downloads, "Album")); fmt.Sprint(got) != fmt.Sprint(map[string]string{"a": "one", "b/b": "two", "b/again": "two"}) {
			t.Errorf("fetched %q", got)
		}
	})
}

// TestFolderCancelled ends a folder of which nobody has anything.
func TestFolderCancelled(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(nil)
		c := collected("Album", anna, map[string]string{"a/a": "one", "b/c/d": "two", "b/e": "two"})
		for i := range c.Files {
			c.Files[i].Sources = nil
		}
		begun, err := anna.AddFolder(c)
		if err != nil {
			t.Fatal(err)
		}
		tn.until("the downloads have begun", func() bool { return len(anna.Downloads()) == 2 })
		if err := anna.CancelFolder(t.Context(), begun.Name); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(begun.Dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("its folder is there: %v", err)
		}
		again, err := anna.AddFolder(c)
		if err != nil || again.Name != begun.Name || slices.ContainsFunc(again.Files, func(f node.FolderFile) bool { return f.Ended }) {
			t.Errorf("the same again: %+v, %v", again, err)
		}
	})
}
