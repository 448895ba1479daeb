package api

import (
	"bytes"
	"context"
	"io/fs"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"filbert/node"
	"filbert/node/state"
	"filbert/overlay/identity"
	"filbert/transfer/library"
)

// TestMain looks for goroutines that are left. net/http waits half a second before it closes
// some connections, which is longer than goleak waits.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// open opens a node of its own on loopback and runs it until the test ends.
func open(t *testing.T, number byte, files fs.FS, seeds ...*node.Node) *node.Node {
	t.Helper()
	id, err := identity.New(bytes.NewReader(bytes.Repeat([]byte{number}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	cfg := node.Config{
		Version: "test", Identity: id, State: state.Memory(), Network: &node.System{}, Rand: rand.New(rand.NewPCG(uint64(number), 1)),
		Listen: "127.0.0.1:0", Neighbors: 2, Downloads: t.TempDir(), Quiet: time.Millisecond,
	}
	if files != nil {
		cfg.Shares = []library.Share{{Dir: "share", FS: files}}
	}
	for _, s := range seeds {
		cfg.Seeds = append(cfg.Seeds, s.Addr().String())
	}
	n, err := node.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	run(t, n.Run)
	return n
}

// run runs something until the test ends.
func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		if err := f(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		work.Wait()
	})
}

// serve serves the control API of a node on a socket and returns a client.
func serve(t *testing.T, n *node.Node, stop func()) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "api.sock")
	l, err := ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(Config{Node: n, Version: "test", Stop: stop})
	run(t, func(ctx context.Context) error { return s.Serve(ctx, l, "") })
	c := Dial(path)
	t.Cleanup(c.Close)
	return c
}

// serveTCP serves it on a loopback port that asks for a token.
func serveTCP(t *testing.T, n *node.Node, token string, stop func()) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(Config{Node: n, Version: "test", Stop: stop})
	run(t, func(ctx context.Context) error { return s.Serve(ctx, l, token) })
	return l.Addr()
}

// pair is a node whose API is asked, and one it is linked to that shares files.
func pair(t *testing.T, files fstest.MapFS) (asker, other *node.Node) {
	t.Helper()
	other = open(t, 1, files)
	asker = open(t, 2, nil, other)
	until(t, "the nodes are linked and files shared", func() bool {
		s, err := asker.Status(t.Context())
		return err == nil && len(s.Overlay.Neighbors) == 1 && other.Library().Len() == len(files)
	})
	return asker, other
}

// until looks again and again whether something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}
