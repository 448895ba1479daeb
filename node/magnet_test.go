package node_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"filbert/node"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// link is a magnet link that names a file by its hash alone.
func link(h urn.SHA1, name string, size int64) urn.Magnet {
	return urn.Magnet{URN: urn.URN{SHA1: h, HasSHA1: true}, Name: name, Size: size}
}

// TestMagnet carries a file from one node to another by nothing but a link: they
// have no link between them, and nobody to search.
func TestMagnet(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(fstest.MapFS{"music/some song.ogg": file("la la la")})
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 1 })
		boris := tn.moves(nil)
		h := urn.SHA1(sha1.Sum([]byte("la la la")))
		out, err := anna.MagnetOf(t.Context(), h)
		if err != nil || !out.Shared || out.Hidden || out.Name != "some song.ogg" || out.Size != 8 || !out.Tiger.Known() || !out.Blake3.Known() {
			t.Fatalf("link %+v, %v", out, err)
		}
		if at, err := anna.MagnetAt(t.Context(), filepath.Join("share", "music", "some song.ogg")); err != nil || at.String() != out.String() {
			t.Errorf("by its path: %v, %v; want %v", at, err, out)
		}
		if _, err := boris.MagnetOf(t.Context(), h); !errors.Is(err, node.ErrNotHere) {
			t.Errorf("of a file it knows nothing of: %v", err)
		}
		if _, err := anna.MagnetAt(t.Context(), "/no/such/file"); !errors.Is(err, node.ErrNotHere) {
			t.Errorf("of a path that is not shared: %v", err)
		}
		in, err := urn.ParseMagnet(out.String())
		if err != nil {
			t.Fatal(err)
		}
		st, err := boris.GetMagnet(t.Context(), in, "", download.Terms{})
		if err != nil {
			t.Fatal(err)
		}
		for st = range boris.Watch(t.Context(), h) {
		}
		if got, err := os.ReadFile(filepath.Join(boris.downloads, "some song.ogg")); st.State != download.Complete || err != nil || string(got) != "la la la" {
			t.Errorf("fetched %q, %v, %+v", got, err, st)
		}
		fetched, err := boris.MagnetAt(t.Context(), st.Path)
		if err != nil || fetched.Shared || len(fetched.Sources) != 0 || fetched.SHA1 != h {
			t.Errorf("link of what was fetched: %+v, %v", fetched, err)
		}
	})
}

// TestMagnetSources is whom a link can make the node ask.
func TestMagnetSources(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(nil)
		h := urn.SHA1{1}
		at := "/uri-res/N2R?" + h.URN()
		over, end := context.WithCancel(t.Context())
		end() // so nobody is searched for
		good := link(h, "", 9)
		good.Sources = []string{"http://9.200.1.1:7000" + at}
		if st, err := anna.GetMagnet(over, good, "", download.Terms{}); err != nil || st.File.Name != h.String() {
			t.Errorf("a link with a source and a size: %+v, %v", st, err)
		}
		for i, source := range []string{
			"http://9.200.1.1:80" + at, "http://127.0.0.1:80" + at, "http://servent.example:7000" + at, "https://9.200.1.1:7000" + at,
			"http://9.200.1.1" + at, "http://9.200.1.1:7000/uri-res/N2R?" + urn.SHA1{2}.URN(), "http://9.200.1.1:7000/admin?" + h.URN(),
			"http://user@9.200.1.1:7000" + at, "http://0.0.0.0:7000" + at, "http://" + anna.Addr().String() + at, "ftp:", "urn:sha1:x",
			"http://9.200.1.1:7000000" + at,
		} {
			h[19] = byte(i + 1)
			bad := link(h, "", 9)
			bad.Sources = []string{strings.ReplaceAll(source, urn.SHA1{1}.String(), h.String())}
			if _, err := anna.GetMagnet(over, bad, "", download.Terms{}); err == nil {
				t.Errorf("%s is a source", source)
			}
		}
	})
}

// TestMagnetOfResult is the link of what a search found, which is not here.
func TestMagnetOfResult(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(nil)
		r := query.Result{Number: 1, File: transfer.File{Name: "../a\x00song", Size: 3, SHA1: urn.SHA1{1}}}
		if l, err := anna.MagnetOfResult(t.Context(), r); err != nil || l.Shared || strings.ContainsAny(l.Name, "/\x00") || l.Size != 3 {
			t.Errorf("link %+v, %v", l, err)
		}
		if _, err := anna.MagnetOfResult(t.Context(), query.Result{Number: 1}); !errors.Is(err, node.ErrUnhashed) {
			t.Errorf("link of a file without a hash: %v", err)
		}
	})
}
