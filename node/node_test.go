package node_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"filbert/node"
	"filbert/node/state"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// TestMain looks for goroutines that are left. net/http waits half a second before it closes
// some connections, which is longer than goleak waits.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// town is a few whole nodes on one network.
type town struct {
	t     testing.TB
	dir   string                             // where the nodes keep what they fetch
	host  func(i int) (node.Network, string) // network and listening address of host i
	count int
	stops []func()

	change  []func(*node.Config) // applied to the nodes that move in from now on
	killed  atomic.Bool          // a host was, and the node on it may end with an error
	virtual bool                 // the time is, and no other work takes any of it
	linger  time.Duration        // what nobody can wait for has ended then
}

// citizen is one node.
type citizen struct {
	*node.Node
	downloads string
	state     *state.DB
	stop      func()
}

// onFabric runs body on the fabric, in virtual time.
func onFabric(t *testing.T, body func(t *testing.T, tn *town)) {
	folder := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(20 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		tn := &town{t: t, dir: folder, virtual: true, host: func(i int) (node.Network, string) {
			addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
			return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
		}}
		defer tn.close()
		body(t, tn)
	})
}

// on runs body on the fabric, in virtual time, and on loopback sockets.
func on(t *testing.T, body func(t *testing.T, tn *town)) {
	t.Run("fabric", func(t *testing.T) { onFabric(t, body) })
	t.Run("loopback", func(t *testing.T) {
		tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
		defer tn.close()
		body(t, tn)
	})
}

// moves in: a node that shares files and knows seeds.
func (tn *town) moves(files fs.FS, seeds ...*citizen) *citizen {
	tn.t.Helper()
	return tn.movesAs(files, func(*node.Config) {}, seeds...)
}

// movesAs is moves of one with settings of its own.
func (tn *town) movesAs(files fs.FS, change func(*node.Config), seeds ...*citizen) *citizen {
	tn.t.Helper()
	return tn.movesIn(func(cfg *node.Config) {
		if files != nil {
			cfg.Shares = []library.Share{{Dir: "share", FS: files}}
		}
		for _, s := range seeds {
			cfg.Seeds = append(cfg.Seeds, s.Addr().String())
		}
		change(cfg)
	})
}

// movesIn is moves with whatever is changed of the configuration.
func (tn *town) movesIn(change func(cfg *node.Config)) *citizen {
	tn.t.Helper()
	tn.count++
	network, listen := tn.host(tn.count)
	id, err := identity.New(bytes.NewReader(bytes.Repeat([]byte{byte(tn.count)}, 32)))
	if err != nil {
		tn.t.Fatal(err)
	}
	folder := filepath.Join(tn.dir, fmt.Sprintf("downloads-%d", tn.count))
	cfg := node.Config{
		Version: "test", Identity: id, State: state.Memory(), Network: network, Rand: rand.New(rand.NewPCG(uint64(tn.count), 1)),
		Listen: listen, Neighbors: 2, Downloads: folder, SlotsPerHost: 8, Quiet: time.Millisecond,
		Browse: true,
	}
	for _, change := range tn.change {
		change(&cfg)
	}
	change(&cfg)
	n, err := node.Open(tn.t.Context(), cfg)
	if err != nil {
		tn.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tn.t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := n.Run(ctx); err != nil && !tn.killed.Load() {
			tn.t.Errorf("node %d: %v", tn.count, err)
		}
	})
	c := &citizen{Node: n, downloads: folder, state: cfg.State}
	c.stop = sync.OnceFunc(func() { cancel(); work.Wait() })
	tn.stops = append(tn.stops, c.stop)
	return c
}

func (tn *town) close() {
	for _, stop := range tn.stops {
		stop()
	}
	if tn.linger > 0 {
		<-time.After(tn.linger)
	}
}

// until asks again and again, as time goes on, whether something holds.
func (tn *town) until(what string, holds func() bool) {
	tn.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if holds() {
			return
		}
		<-tick.C
	}
	tn.t.Fatalf("waited in vain for: %s", what)
}

func (tn *town) linked(c *citizen, n int) {
	tn.t.Helper()
	tn.until(fmt.Sprint(n, " neighbors"), func() bool {
		s, err := c.Status(tn.t.Context())
		return err == nil && len(s.Overlay.Neighbors) >= n
	})
}

// finds searches until a result has so many sources.
func (tn *town) finds(c *citizen, words string, sources int) (found query.Result) {
	tn.t.Helper()
	ctx, cancel := context.WithTimeout(tn.t.Context(), 20*time.Second)
	defer cancel()
	err := c.Search(ctx, query.Query{Text: words}, func(r query.Result, _ query.Hit) {
		if found = r; len(r.Sources) == sources {
			cancel()
		}
	})
	if err != nil || len(found.Sources) != sources {
		tn.t.Fatalf("%q: found %+v, %v; want %d sources", words, found, err, sources)
	}
	return found
}

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

// TestFindAndFetch is the main job: a file at one end of a chain is found from
// the other, fetched and verified.
func TestFindAndFetch(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		song := strings.Repeat("la la la ", 50_000)
		anna := tn.moves(fstest.MapFS{"music/Blue Sky Song.ogg": file(song), "notes.txt": file("notes")})
		boris := tn.moves(nil, anna)
		tn.linked(boris, 1)
		clara := tn.moves(nil, boris)
		tn.linked(clara, 1)
		tn.until("anna shares", func() bool {
			s, err := anna.Status(t.Context())
			return err == nil && s.Files == 2
		})

		r := tn.finds(clara, "sky song", 1)
		if r.File.Name != "Blue Sky Song.ogg" || r.File.Size != int64(len(song)) || r.File.SHA1 != urn.SHA1(sha1.Sum([]byte(song))) {
			t.Errorf("found %+v", r.File)
		}
		if _, err := clara.Get(r, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		var last download.Status
		for last = range clara.Watch(t.Context(), r.File.SHA1) {
		}
		got, err := os.ReadFile(filepath.Join(clara.downloads, "Blue Sky Song.ogg"))
		if err != nil || string(got) != song || last.State != download.Complete {
			t.Errorf("fetched %d bytes, %v, %+v", len(got), err, last)
		}
		if again := tn.finds(clara, "blue", 1); again.Number != r.Number {
			t.Errorf("the file's number was %d and is %d", r.Number, again.Number)
		}
	})
}

// TestFetchByHash asks for a file of which only the hash is known.
func TestFetchByHash(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves(fstest.MapFS{"some name.txt": file("some content")})
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 1 })
		boris := tn.moves(nil, anna)
		tn.linked(boris, 1)
		h := urn.SHA1(sha1.Sum([]byte("some content")))
		if _, err := boris.GetMagnet(t.Context(), link(h, "another name.txt", -1), "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		for range boris.Watch(t.Context(), h) {
		}
		if got, err := os.ReadFile(filepath.Join(boris.downloads, "another name.txt")); err != nil || string(got) != "some content" {
			t.Errorf("fetched %q, %v", got, err)
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := boris.GetMagnet(soon, link(urn.SHA1{1}, "", -1), "", download.Terms{}); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("a file nobody has: %v", err)
		}
		if _, err := boris.GetMagnet(t.Context(), link(h, "", 5), "", download.Terms{}); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("a link that tells another size: %v", err)
		}
		if _, err := boris.Result(99); !errors.Is(err, node.ErrNoResult) {
			t.Errorf("a number that was never given: %v", err)
		}
	})
}

// TestFetchOnceLinked begins a download on a node without neighbors, as after a
// restart: its sources are looked for when there is somebody to ask.
func TestFetchOnceLinked(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		content := []byte("some content")
		anna := tn.moves(fstest.MapFS{"some name.txt": file(string(content))})
		tn.until("anna shares", func() bool { s, err := anna.Status(t.Context()); return err == nil && s.Files == 1 })
		boris := tn.moves(nil)
		h := urn.SHA1(sha1.Sum(content))
		wanted := query.Result{File: transfer.File{SHA1: h, Name: "it.txt", Size: int64(len(content))}}
		if _, err := boris.Get(wanted, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.until("it waits", func() bool { return boris.Downloads()[0].State == download.Waiting })
		if err := boris.Connect(t.Context(), anna.Addr()); err != nil {
			t.Fatal(err)
		}
		tn.until("the file", func() bool { return boris.Downloads()[0].State == download.Complete })
		if got, err := os.ReadFile(filepath.Join(boris.downloads, "it.txt")); err != nil || !bytes.Equal(got, content) {
			t.Errorf("fetched %q, %v", got, err)
		}
	})
}

// TestRemembers starts a node again: it keeps its port and its friends.
func TestRemembers(t *testing.T) {
	db := state.Memory()
	id, err := identity.New(bytes.NewReader(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	var addr netip.AddrPort
	friend := ""
	for range 2 {
		cfg := node.Config{
			Version: "test", Identity: id, State: db, Network: &node.System{}, Rand: rand.New(rand.NewPCG(5, 5)),
			Listen: "127.0.0.1:0", Neighbors: 1,
		}
		n, err := node.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if addr.IsValid() && n.Addr() != addr {
			t.Errorf("listened at %v, now at %v", addr, n.Addr())
		}
		if addr = n.Addr(); addr.Port() < 10_000 {
			t.Errorf("chose port %d", addr.Port())
		}
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() {
			if err := n.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
		if friend == "" {
			other := tn.moves(nil)
			if err := n.Connect(t.Context(), other.Addr()); err != nil {
				t.Error(err)
			}
			friend = other.Addr().String()
		} else if s, err := n.Status(t.Context()); err != nil || s.Overlay.Known == 0 {
			t.Errorf("the host cache is empty after a restart: %v", err)
		}
		tn.close()
		cancel()
		work.Wait()
	}
}

func TestOpenRefuses(t *testing.T) {
	id, err := identity.New(bytes.NewReader(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	base := node.Config{Version: "test", Identity: id, State: state.Memory(), Network: &node.System{}, Rand: rand.New(rand.NewPCG(5, 5)), Listen: "127.0.0.1:0"}
	busy, err := node.Open(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, test := range map[string]struct {
		change func(*node.Config)
		want   string
	}{
		"port in use":     {func(c *node.Config) { c.Listen = busy.Addr().String() }, "another program uses the port"},
		"no port":         {func(c *node.Config) { c.Listen = "127.0.0.1" }, "want HOST:PORT"},
		"port too high":   {func(c *node.Config) { c.Listen = "127.0.0.1:70000" }, "0 to 65535"},
		"a name":          {func(c *node.Config) { c.Listen = "localhost:7000" }, "IP address"},
		"seed":            {func(c *node.Config) { c.Seeds = []string{"nowhere"} }, "want HOST:PORT"},
		"seed port":       {func(c *node.Config) { c.Seeds = []string{"127.0.0.1:0"} }, "port 0"},
		"download folder": {func(c *node.Config) { c.Downloads = "/dev/null/downloads" }, "download folder"},
		"groups' folder":  {func(c *node.Config) { c.Downloads = t.TempDir(); c.Groups = c.Downloads + "/groups" }, "set group-downloads"},
	} {
		cfg := base
		test.change(&cfg)
		n, err := node.Open(t.Context(), cfg)
		if err == nil {
			n.Close()
			t.Errorf("%s: opened", name)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want it to say %q", name, err, test.want)
		}
	}
}
