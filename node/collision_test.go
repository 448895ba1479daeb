package node_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/query"
	"filbert/transfer/collection"
	"filbert/transfer/download"
	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// TestCollision finds two files with one SHA-1 at two servents: they are two results,
// and each is fetched as the file it is, also by its link, whoever is asked first.
func TestCollision(t *testing.T) {
	text, err := os.ReadFile("../transfer/download/testdata/collision.hex")
	if err != nil {
		t.Fatal(err)
	}
	var blocks [][]byte
	text = text[bytes.LastIndexByte(text, '#'):]
	for block := range strings.SplitSeq(string(text[bytes.IndexByte(text, '\n')+1:]), "\n\n") {
		b, err := hex.DecodeString(strings.ReplaceAll(block, "\n", ""))
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	contents := map[string]bool{string(blocks[0]) + string(blocks[1]): true, string(blocks[0]) + string(blocks[2]): true}
	on(t, func(t *testing.T, tn *town) {
		clara := tn.moves(nil)
		for content := range contents {
			who := tn.moves(fstest.MapFS{"papers/colliding paper.pdf": file(content)}, clara)
			tn.until("it shares", func() bool { s, err := who.Status(t.Context()); return err == nil && s.Files == 1 })
		}
		tn.linked(clara, 2)
		found := map[int]query.Result{}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		err := clara.Search(ctx, query.Query{Text: "colliding paper"}, func(r query.Result, _ query.Hit) {
			if found[r.Number] = r; len(found) == 2 {
				cancel()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		// is tells that a file has the trees of a result.
		is := func(r query.Result, path string) {
			t.Helper()
			b, err := os.ReadFile(path)
			if err != nil || !contents[string(b)] {
				t.Fatalf("%s: %d bytes, %v", path, len(b), err)
			}
			builder := merkle.NewBuilder(merkle.Blake3, int64(len(b)))
			builder.Write(b)
			if tree, err := builder.Tree(); err != nil || urn.Blake3(tree.Root()) != r.Blake3 {
				t.Errorf("asked for result %d, and got the other one", r.Number)
			}
		}
		arrives := func(r query.Result) {
			t.Helper()
			var last download.Status
			for last = range clara.Watch(t.Context(), r.File.SHA1) {
			}
			is(r, last.Path)
		}
		if found[1].File.SHA1 != found[2].File.SHA1 || found[1].Blake3 == found[2].Blake3 {
			t.Fatalf("found %+v", found)
		}
		for number := 1; number <= 2; number++ {
			r, err := clara.Result(number)
			if err != nil || !r.Contested {
				t.Fatalf("result %d: %+v, %v", number, r, err)
			}
			if _, err := clara.Get(r, "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			arrives(r)
			l, err := clara.MagnetOfResult(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			m, err := urn.ParseMagnet(l.String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := clara.GetMagnet(t.Context(), m, "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			arrives(r)
			f, err := clara.AddFolder(collection.Collection{Name: "papers", Files: []collection.File{
				{Path: "paper.pdf", Size: r.File.Size, URN: m.URN},
				{Path: "the same.pdf", Size: r.File.Size, URN: m.URN},
			}})
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range tn.over(clara, f.Name).Files {
				is(r, filepath.Join(f.Dir, file.Path))
			}
		}
	})
}
