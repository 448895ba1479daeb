package node_test

import (
	"bytes"
	"crypto/sha1"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// TestFetchedIsGivenOn: boris shares nothing. What he fetched he gives to carol, whole
// and with its hash tree, until it is another file.
func TestFetchedIsGivenOn(t *testing.T) {
	tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	content := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{1}).Read(content)
	anna := tn.moves(fstest.MapFS{"film.bin": {Data: content, ModTime: time.Unix(1e9, 0)}})
	tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 1 })

	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	h := urn.SHA1(sha1.Sum(content))
	at := func(who *citizen) string { return "http://" + who.Addr().String() + "/uri-res/N2R?" + h.URN() }
	fetch := func(who, from *citizen) {
		t.Helper()
		l := link(h, "film.bin", int64(len(content)))
		l.Sources = []string{at(from)}
		if _, err := who.GetMagnet(t.Context(), l, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(who.downloads, "film.bin")
		tn.until("the file is here", func() bool { got, err := os.ReadFile(path); return err == nil && bytes.Equal(got, content) })
	}
	boris, carol := tn.moves(nil), tn.moves(nil)
	fetch(boris, anna)
	var head http.Header
	tn.until("boris gives it", func() bool {
		res, err := web.Head(at(boris))
		if err != nil {
			return false
		}
		head = res.Header
		return res.StatusCode == http.StatusOK && res.Body.Close() == nil
	})
	if head.Get("X-Available-Ranges") != "" || head.Get("X-Tree-URI") == "" {
		t.Errorf("he says %v", head)
	}
	fetch(carol, boris)

	path := filepath.Join(boris.downloads, "film.bin")
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if res, err := web.Get(at(boris)); err == nil {
		if n, err := io.Copy(io.Discard, res.Body); err == nil {
			t.Errorf("%d bytes of a file that may be another one now", n)
		}
		res.Body.Close()
	}
}
