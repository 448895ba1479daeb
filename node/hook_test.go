package node_test

import (
	"crypto/sha1"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"filbert/node"
	"filbert/node/hook"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// TestHook has a command run for what was fetched, once for each file.
func TestHook(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no touch there")
	}
	tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	files := fstest.MapFS{}
	for _, name := range []string{"one", "two", "three", "four", "five", "$(touch owned)"} {
		files[name+".txt"] = file(name)
	}
	anna := tn.moves(files)
	tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == len(files) })
	boris := tn.movesAs(nil, func(cfg *node.Config) { cfg.OnComplete = []string{"touch", "{path}.done"} })
	for name, f := range files {
		l := link(urn.SHA1(sha1.Sum(f.Data)), name, int64(len(f.Data)))
		l.Sources = []string{"http://" + anna.Addr().String() + "/uri-res/N2R?" + l.SHA1.URN()}
		if _, err := boris.GetMagnet(t.Context(), l, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range files {
		h := urn.SHA1(sha1.Sum(f.Data))
		tn.until("the command for "+name, func() bool { return boris.Hook(h).State >= hook.Done })
		if o := boris.Hook(h); o.State != hook.Done {
			t.Errorf("%s: %v, %v", name, o.State, o.Err)
		}
		if _, err := os.Stat(filepath.Join(boris.downloads, name+".done")); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(boris.downloads, "owned")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a name was obeyed: %v", err)
	}
}

// TestHookRefused: a node with a dangerous command does not start.
func TestHookRefused(t *testing.T) {
	_, err := node.Open(t.Context(), node.Config{OnComplete: []string{"sh", "-c", "echo {name}"}})
	if err == nil || !strings.Contains(err.Error(), "command for complete downloads") {
		t.Errorf("opened, or %v", err)
	}
}

// TestHookOfGroup: the command is run for what members gave, and told of which group; not for
// the manifest and the bundle of a publication.
func TestHookOfGroup(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no touch there")
	}
	onFabric(t, func(t *testing.T, tn *town) {
		ran := t.TempDir()
		all := tn.family(2, func(cfg *node.Config) { cfg.OnComplete = []string{"touch", filepath.Join(ran, "{name} of {group}")} })
		anna, boris := all[0], all[1]
		if _, err := anna.Publish(t.Context(), tn.groupOf(anna), tn.folder("album", map[string][]byte{"song.ogg": []byte("la")}), "album", 1); err != nil {
			t.Fatal(err)
		}
		tn.follows(boris, "album")
		tn.has(boris, "album", 1)
		film, h := random(7, 100_000)
		tn.sharesWith(anna, "family", tn.folder("films", map[string][]byte{"film.mp4": film}), 1)
		if _, err := tn.space(boris, "family").Fetch(download.Request{File: transfer.File{Name: "film.mp4", Size: int64(len(film)), SHA1: h}}); err != nil {
			t.Fatal(err)
		}
		tn.gets(boris, "family", h)
		tn.until("the command was run", func() bool { return boris.Hook(h).State >= hook.Done })
		if o := boris.Hook(h); o.State != hook.Done {
			t.Errorf("%v, %v", o.State, o.Err)
		}
		entries, err := os.ReadDir(ran)
		if err != nil || len(entries) != 1 || entries[0].Name() != "film.mp4 of family" {
			t.Errorf("it was run for %v, %v", entries, err)
		}
	})
}
