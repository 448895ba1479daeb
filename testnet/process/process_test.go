package process

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"filbert/node/api"
	"filbert/transfer/urn"
)

// program is filbert, built once for all tests of the package.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "filbert-process-")
	if err == nil {
		program, err = Build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// start starts a node that listens on loopback. It is killed at the end.
func start(t *testing.T, home string, args ...string) *Node {
	t.Helper()
	n, err := Start(t.Context(), Config{Program: program, Home: home, Args: append([]string{"--listen", "127.0.0.1:0"}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Kill)
	return n
}

// address is where a node listens.
func address(t *testing.T, n *Node) string {
	t.Helper()
	return status(t, n).Listen
}

func status(t *testing.T, n *Node) api.Status {
	t.Helper()
	s, err := n.Status(t.Context())
	if err != nil {
		t.Fatalf("%v; the node said:\n%s", err, n.Output())
	}
	return s
}

// until looks again and again whether something holds.
func until(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for end := time.Now().Add(limit); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain for: %s", limit, what)
		}
	}
}

// find searches until a file is found and returns it and how long that took.
func find(t *testing.T, n *Node, words, name string) (found api.Result, took time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	began := time.Now()
	_, err := n.Search(ctx, api.SearchRequest{Words: words, Wait: 10 * time.Second}, func(r api.Result) {
		if r.Name == name && found.Number == 0 {
			found, took = r, time.Since(began)
			cancel()
		}
	})
	if found.Number == 0 {
		t.Fatalf("%q did not find %q: %v", words, name, err)
	}
	return found, took
}

// documents copies up to n text files of the Go tree, real ones of many sizes,
// into dir and returns the names.
func documents(t *testing.T, dir string, n int) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "src")
	var names []string
	seen := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || len(names) == n || seen[d.Name()] || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".md" && ext != ".txt" && ext != ".html" {
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() == 0 {
			return err
		}
		seen[d.Name()] = true
		names = append(names, d.Name())
		return copyFile(filepath.Join(dir, fmt.Sprint(len(names)%20), d.Name()), path)
	})
	if err != nil || len(names) < n {
		t.Fatalf("copied %d of %d documents: %v", len(names), n, err)
	}
	return names
}

func copyFile(to, from string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

func sum(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha1.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestChain is the life of three nodes, chained by their seeds: one shares 2,000
// real documents, the third finds and fetches one of them; the node between them
// is killed and started again, and the third finds it again by itself.
func TestChain(t *testing.T) {
	t.Setenv("FILBERT_ROLE", "ultrapeer") // leaves would call the ultrapeer they hear of
	docs, homes := t.TempDir(), t.TempDir()
	names := documents(t, docs, 2000)
	a := start(t, filepath.Join(homes, "a"), "--share", docs)
	b := start(t, filepath.Join(homes, "b"), "--seed", address(t, a))
	c := start(t, filepath.Join(homes, "c"), "--seed", address(t, b))
	until(t, time.Minute, "a shares all documents", func() bool { return status(t, a).Files == len(names) })
	until(t, 10*time.Second, "the chain stands", func() bool { return status(t, b).Neighbors == 2 && status(t, c).Neighbors >= 1 })

	name, words := "", ""
	for _, candidate := range names { // the first whose name has two words, in another order
		if stem, _, ok := strings.Cut(candidate, "_test.go"); ok && len(stem) > 3 && !strings.ContainsAny(stem, "_-.") {
			name, words = candidate, "test "+stem
			break
		}
	}
	r, took := find(t, c, words, name)
	t.Logf("%q found by %q in %v", name, words, took)
	if took > time.Second {
		t.Errorf("found after %v, want under a second", took)
	}
	d, err := c.Get(t.Context(), api.GetRequest{Target: fmt.Sprint(r.Number)})
	if err != nil {
		t.Fatal(err)
	}
	u, err := urn.Parse(d.URN)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Watch(t.Context(), u.SHA1, "", func(now api.Download) { d = now }); err != nil || d.State != "complete" {
		t.Fatalf("download: %+v, %v", d, err)
	}
	original := ""
	for i := range 20 {
		if path := filepath.Join(docs, fmt.Sprint(i), name); exists(path) {
			original = path
		}
	}
	if sum(t, d.Path) != sum(t, original) {
		t.Error("what was fetched is not what was shared")
	}

	// c may know a by now; only the way over b is wanted.
	port := address(t, b)
	b.Kill()
	b = start(t, filepath.Join(homes, "b"), "--seed", address(t, a))
	if again := address(t, b); again != port {
		t.Errorf("b listened at %s and now at %s", port, again)
	}
	until(t, 30*time.Second, "c is linked to b again", func() bool {
		peers, err := c.Peers(t.Context())
		for _, p := range peers {
			if p.Listen == port {
				return err == nil
			}
		}
		return false
	})
	if again, took := find(t, c, words, name); again.Number != r.Number {
		t.Errorf("found as %d, before as %d", again.Number, r.Number)
	} else {
		t.Logf("found again in %v", took)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestTerminate ends a node as a service manager does: soon, with its state
// saved and its neighbors told.
func TestTerminate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGTERM on windows")
	}
	homes := t.TempDir()
	a := start(t, filepath.Join(homes, "a"))
	b := start(t, filepath.Join(homes, "b"), "--seed", address(t, a))
	until(t, 10*time.Second, "the link is up", func() bool { return status(t, a).Neighbors == 1 })
	took, err := b.Terminate(t.Context())
	if err != nil || took > 5*time.Second {
		t.Errorf("ended after %v: %v; it said:\n%s", took, err, b.Output())
	}
	until(t, 2*time.Second, "a has heard the BYE", func() bool {
		s := status(t, a)
		return s.Neighbors == 0 && s.Received.Byes == 1
	})
	if exists(filepath.Join(homes, "b", "api.sock")) {
		t.Error("the socket is left behind")
	}
	// What b knew it knows again, without a seed.
	b = start(t, filepath.Join(homes, "b"))
	until(t, 10*time.Second, "b finds a by itself", func() bool { return status(t, b).Neighbors == 1 })
}

// TestOneNodePerHome starts a second node in a home.
func TestOneNodePerHome(t *testing.T) {
	home := t.TempDir()
	a := start(t, home)
	_, err := Start(t.Context(), Config{Program: program, Home: home, Args: []string{"--listen", "127.0.0.1:0"}})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint(a.PID())) {
		t.Errorf("a second node in one home: %v; want it to name process %d", err, a.PID())
	}
	status(t, a)
	a.Kill()
	start(t, home) // the lock of a killed node holds nobody up
}
