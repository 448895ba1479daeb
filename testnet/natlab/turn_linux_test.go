package natlab

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/turn"
	"filbert/node"
	"filbert/overlay"
	"filbert/query"
	"filbert/transfer/download"
)

// TestRealTURN has a file come from behind one symmetric NAT to behind another, between network namespaces, over a
// coturn that the one who fetches names.
func TestRealTURN(t *testing.T) {
	needSpaces(t)
	program, err := turnserver(t)
	if err != nil {
		t.Skip(err)
	}
	spaces, err := newSpaces(false)
	if err != nil {
		t.Fatal(err)
	}
	defer spaces.Close()
	l := &lab{net: spaces, dir: t.TempDir(), log: zerolog.Nop()}
	defer l.close()
	moves := func(k Kind, mode overlay.Mode, files fstest.MapFS, seeds ...*node.Node) *node.Node {
		t.Helper()
		n, err := l.moves(k, mode, files, seeds...)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	wait := func(what string, holds func() bool) {
		t.Helper()
		if err := until(holds); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	paths := func(n *node.Node) node.PathStatus {
		s, err := n.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.Paths
	}

	var seeds []*node.Node
	for range ultrapeers {
		seeds = append(seeds, moves(Open, overlay.ModeUltrapeer, nil, seeds...))
	}
	song, film := make([]byte, 1<<20), make([]byte, 32<<20)
	for _, b := range [][]byte{song, film} {
		if _, err := io.ReadFull(rand.NewChaCha8([32]byte{byte(len(b))}), b); err != nil {
			t.Fatal(err)
		}
	}
	shares := moves(Symmetric, overlay.ModeLeaf, fstest.MapFS{"Blue Song.ogg": {Data: song}, "Blue Film.avi": {Data: film}}, seeds...)
	l.count++
	host, addr, err := spaces.host(Open, spot{number: l.count})
	if err != nil {
		t.Fatal(err)
	}
	at := netip.AddrPortFrom(addr, 3478)
	coturn(t, host, program, []netip.AddrPort{at}, "-L", addr.String(), "-E", addr.String(),
		"--lt-cred-mech", "--user", "anna:secret", "--realm", "filbert")
	l.servers = []turn.Server{turn.NewServer(at.String(), "anna", "secret")}
	fetches := moves(Symmetric, overlay.ModeLeaf, nil, seeds...)
	wait("the nodes are not ready", func() bool { return ready(shares, 2) && ready(fetches, 0) })

	ctx, found := context.WithCancel(t.Context())
	results := map[int64]query.Result{}
	err = fetches.Search(ctx, query.Query{Text: "blue"}, func(r query.Result, _ query.Hit) {
		if results[r.File.Size] = r; len(results) == 2 {
			found()
		}
	})
	if err != nil || len(results) != 2 {
		t.Fatalf("found %v, %v", results, err)
	}
	fetch := func(want []byte) time.Duration {
		t.Helper()
		began := time.Now()
		r := results[int64(len(want))]
		if _, err := fetches.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		var last download.Status
		for last = range fetches.Watch(t.Context(), r.File.SHA1) {
		}
		if got, err := os.ReadFile(last.Path); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("fetched %d bytes, %v, %+v", len(got), err, last)
		}
		return time.Since(began)
	}
	began := time.Now()
	fetch(song) // over a relay, while the path is sought
	wait("no path", func() bool { p := paths(fetches); return p.Open+int(p.Failed) > 0 })
	took := time.Since(began)
	if p := paths(fetches); p.Relayed != 1 || paths(shares).Relayed != 1 {
		t.Fatalf("paths %+v and %+v", p, paths(shares))
	}
	before := paths(fetches).Received
	whole := fetch(film)
	if got := paths(fetches).Received - before; got < uint64(len(film)) {
		t.Errorf("%d bytes of the film came over the path", got)
	}
	t.Logf("a path over coturn after %v, 32 MiB over it in %v, %.1f MB/s", took, whole, float64(len(film))/1e6/whole.Seconds())
}
