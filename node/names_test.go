package node_test

import (
	"context"
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/node"
	"filbert/overlay/wire"
	"filbert/query"
	"filbert/query/flood"
	"filbert/query/index"
	"filbert/transfer"
	"filbert/transfer/collection"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// evilNames are the names of THREATS T28.
var evilNames = []string{
	"\u202egpj.exe", "zero\u200bwidth", "esc\x1b[2Jape", "osc\x1b]0;x\x07", "nul\x00byte", "CON", "nul.txt", "COM1", "LPT1.a.b",
	"dot.", "space ", " . ", "..", "../../up", `..\up`, "/abs", `C:\abs`, ".hidden", "bad\xff\xfeutf8", "new\nline", "cr\r",
	"e\u0301 nfd", strings.Repeat("long", 1024), "$(touch owned)", "`touch owned`", "a;b|c&d", "-rf", "~", "a:b", "x\u2028y",
}

// liar is a servent that names its files as no system would.
type liar struct{ at netip.AddrPort }

// HitTo implements flood.Self.
func (l liar) HitTo(context.Context, netip.Addr, netip.Addr) (wire.QueryHit, error) {
	return wire.QueryHit{Addr: l.at, Speed: 1, Servent: wire.GUID{1}, Trailer: wire.NewTrailer(wire.VendorCode{'E', 'V', 'I', 'L'}, 0)}, nil
}

// lists serves files of these contents, by their hashes, and a listing of them,
// at a host of its own until the test ends.
func (tn *town) lists(entries []index.Entry, contents map[urn.SHA1]string) netip.AddrPort {
	tn.t.Helper()
	ix := index.New()
	if refused := ix.Apply(entries, nil); refused > 0 || ix.Len() != len(entries) {
		tn.t.Fatalf("%d of %d names are in the index", ix.Len(), len(entries))
	}
	network, _ := tn.host(90)
	at := netip.MustParseAddrPort("9.90.1.1:7001")
	listener, err := network.Listen(tn.t.Context(), "tcp", at.String())
	if err != nil {
		tn.t.Fatal(err)
	}
	var handler http.ServeMux
	handler.Handle("/", flood.NewBrowse(flood.BrowseConfig{
		Index: ix, Self: liar{at}, Agent: "evil", On: true, Changed: time.Now, Rand: rand.New(rand.NewPCG(1, 1)),
	}))
	handler.HandleFunc("/uri-res/N2R", func(w http.ResponseWriter, r *http.Request) {
		name, err := urn.Parse(r.URL.RawQuery)
		content, ok := contents[name.SHA1]
		if err != nil || !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	})
	server := http.Server{Handler: &handler}
	var work sync.WaitGroup
	work.Go(func() { server.Serve(listener) })
	tn.stops = append(tn.stops, func() { server.Close(); work.Wait() })
	return at
}

// TestNames gives the names of THREATS T28 to all ways by which names from
// elsewhere become names on disk: a link, a collection, and the listing of a
// servent, whose files are fetched one by one and as a folder.
func TestNames(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) { // one host is not asked for so much at once; the disk is the same
		const ways = 4
		var contents []string
		for i := range len(evilNames) * ways {
			contents = append(contents, fmt.Sprint("content ", i))
		}
		anna := tn.movesAs(shared(contents...), func(cfg *node.Config) { cfg.UploadSlots, cfg.SlotsPerHost = 256, 256 })
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == len(contents) })
		boris := tn.moves(nil)

		c := collection.Collection{Name: "../\u202eall"}
		var listed []index.Entry
		served := map[urn.SHA1]string{}
		for i, content := range contents {
			name, h := evilNames[i/ways], urn.SHA1(sha1.Sum([]byte(content)))
			m := link(h, name, int64(len(content)))
			m.Sources = []string{"http://" + anna.Addr().String() + "/uri-res/N2R?" + h.URN()}
			switch i % ways {
			case 0:
				if _, err := boris.GetMagnet(t.Context(), m, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
			case 1:
				c.Files = append(c.Files, collection.File{Path: name, Size: m.Size, URN: m.URN, Sources: m.Sources})
			default:
				name = strings.ReplaceAll(name, "\x00", "") // ends a name in a hit
				served[h] = content
				listed = append(listed, index.Entry{ID: uint32(i + 1), Name: name, Size: m.Size, SHA1: h})
			}
		}
		browsed, err := tn.browses(boris, transfer.Source{Addr: tn.lists(listed, served)})
		if err != nil || len(browsed) != len(listed) {
			t.Fatalf("%d files are listed, %v; want %d", len(browsed), err, len(listed))
		}
		picked := collection.Collection{Name: "CON"}
		for i, r := range browsed {
			if i%2 == 0 {
				if _, err := boris.Get(r, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			picked.Files = append(picked.Files, fileOf(r))
		}
		for _, c := range []collection.Collection{c, picked} {
			begun, err := boris.AddFolder(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range tn.over(boris, begun.Name).Files {
				if file.Reason != "" {
					t.Errorf("%q: %s", file.Path, file.Reason)
				}
			}
		}
		tn.until("all downloads are over", func() bool {
			s, err := boris.Status(t.Context())
			return err == nil && s.Downloads == 0
		})
		found := map[string]bool{}
		for path, content := range tree(t, boris.downloads) {
			if strings.HasPrefix(path, ".filbert") {
				continue
			}
			found[content] = true
			for part := range strings.SplitSeq(path, "/") {
				if transfer.SafeName(part) != part {
					t.Errorf("%q is on disk", path)
				}
			}
		}
		for i, content := range contents {
			if !found[content] {
				t.Errorf("%q is not in the download folder", evilNames[i/ways])
			}
		}
	})
}

// fileOf is a result as a file of a folder, as who picks from a listing has it.
func fileOf(r query.Result) collection.File {
	return collection.File{Path: r.File.Name, Size: r.File.Size, URN: urn.URN{SHA1: r.File.SHA1, HasSHA1: true}}
}
