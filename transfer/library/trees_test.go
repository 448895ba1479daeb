package library

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/merkle"
)

// checkTrees wants both trees of a file, which vouch for its content.
func checkTrees(t *testing.T, l *Library, content string) {
	t.Helper()
	e, err := l.BySHA1(sum(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []merkle.Kind{merkle.Tiger, merkle.Blake3} {
		tree, err := l.Tree(e, k)
		if err != nil {
			t.Errorf("%s: %v", e.Rel, err)
			continue
		}
		h := merkle.NewSliceHasher(tree)
		for i := range tree.Slices() {
			h.Reset(i)
			span := tree.Span(i)
			h.Write([]byte(content[span.Start:span.End]))
			if !h.OK() {
				t.Errorf("%s: slice %d is not that of its %v", e.Rel, i, k)
			}
		}
		root := tree.Root()
		if named := string(root[:k.Width()]); named != string(e.Tiger[:]) && named != string(e.Blake3[:]) {
			t.Errorf("%s: the %v has the root %x, its entry %s and %s", e.Rel, k, root, e.Tiger, e.Blake3)
		}
	}
}

// TestTrees: every shared file has both trees, also after a restart, which
// reads nothing again. What the cache loses is made again by the next start.
func TestTrees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		small, large := "a few bytes", strings.Repeat("many more bytes ", 60_000)
		disk := newMemFS(map[string]string{"small": small, "large": large})
		cache := &MemoryCache{}
		cfg := Config{Shares: []Share{{Dir: "mem", FS: disk}}, Cache: cache}

		l := start(t, cfg)
		settle(time.Second)
		checkTrees(t, l, small)
		checkTrees(t, l, large)

		read := disk.bytesRead.Load()
		l = start(t, cfg)
		settle(time.Second)
		checkTrees(t, l, large)
		if n := disk.bytesRead.Load() - read; n > 0 {
			t.Errorf("a restart read %d bytes", n)
		}

		key := treeKey("mem", "large")
		nodes, _ := cache.Get(key)
		nodes[len(nodes)/2] ^= 1
		cache.Put(key, nodes)
		e, err := l.BySHA1(sum(large))
		if err != nil {
			t.Fatal(err)
		}
		broken := 0
		for _, k := range []merkle.Kind{merkle.Tiger, merkle.Blake3} {
			if _, err := l.Tree(e, k); err != nil {
				broken++
				if !errors.Is(err, ErrNoTree) || !errors.Is(err, merkle.ErrRoot) {
					t.Errorf("a damaged tree: %v", err)
				}
			}
		}
		cache.Delete(key)
		if _, err := l.Tree(e, merkle.Tiger); broken != 1 || !errors.Is(err, ErrNoTree) {
			t.Errorf("a damaged node broke %d trees; a lost tree: %v", broken, err)
		}
		l = start(t, cfg)
		settle(time.Second)
		checkTrees(t, l, large)
	})
}
