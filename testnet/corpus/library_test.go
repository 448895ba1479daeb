package corpus

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// must makes a library or fails.
func must(t testing.TB, plan Plan) *Library {
	t.Helper()
	l, err := New(plan)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPlans(t *testing.T) {
	for _, plan := range []Plan{
		{},
		{Seed: 1},
		{Nodes: 1, FilesPerNode: 1},
		{Nodes: 1, FilesPerNode: 30},
		{Nodes: 2, FilesPerNode: 3},
		{Nodes: 3, FilesPerNode: 1, MostOwners: 3},
		{Nodes: 7, FilesPerNode: 11, MostOwners: 7, Seed: 3},
		{Nodes: 50, FilesPerNode: 4, MinSize: MinFileSize, MaxSize: MinFileSize},
		{Nodes: 50, FilesPerNode: 4, MaxSize: 100},
		{Nodes: 4, FilesPerNode: 2, MinSize: 1 << 20},
	} {
		t.Run(fmt.Sprintf("%+v", plan), func(t *testing.T) {
			l, plan := must(t, plan), plan.withDefaults()
			checkOwners(t, l, plan)
			names, sums := map[string]bool{}, map[[sha1.Size]byte]bool{}
			var total int64
			for _, f := range l.Files {
				if f.Size < plan.MinSize || f.Size > plan.MaxSize {
					t.Errorf("%s has %d bytes", f.Name, f.Size)
				}
				if names[f.Name] || sums[f.SHA1] {
					t.Errorf("%s is there twice, by name or by hash", f.Name)
				}
				names[f.Name], sums[f.SHA1] = true, true
				total += f.Size * int64(len(f.Owners))
			}
			if total > plan.MaxTotal {
				t.Errorf("%d bytes in all", total)
			}
		})
	}
}

// checkOwners holds the owners against the plan and the files of each node.
func checkOwners(t *testing.T, l *Library, plan Plan) {
	t.Helper()
	held := make([]int, plan.Nodes)
	for i, f := range l.Files {
		if want := max(plan.MostOwners/(i+1), 1); len(f.Owners) > want || len(f.Owners) < want && i < len(l.Files)-1 {
			t.Errorf("file of rank %d has owners %v, want %d", i+1, f.Owners, want)
		}
		if !slices.IsSorted(f.Owners) || len(slices.Compact(slices.Clone(f.Owners))) != len(f.Owners) {
			t.Errorf("file of rank %d has owners %v", i+1, f.Owners)
		}
		for _, node := range f.Owners {
			held[node]++
			if !slices.Contains(l.Node(node), f) {
				t.Errorf("node %d does not list %s", node, f.Name)
			}
		}
	}
	for node, n := range held {
		if n != plan.FilesPerNode || len(l.Node(node)) != n {
			t.Errorf("node %d has %d files and lists %d, want %d", node, n, len(l.Node(node)), plan.FilesPerNode)
		}
	}
	if l.Nodes() != plan.Nodes {
		t.Errorf("%d nodes, want %d", l.Nodes(), plan.Nodes)
	}
}

func TestPlansRefused(t *testing.T) {
	for _, plan := range []Plan{
		{Nodes: -1},
		{FilesPerNode: -1},
		{Nodes: MaxCopies + 1, FilesPerNode: 1},
		{Nodes: MaxCopies / 2, FilesPerNode: 3},
		{MinSize: MinFileSize - 1},
		{MaxSize: MinFileSize - 1},
		{MinSize: 200, MaxSize: 100},
		{MostOwners: -1},
		{Nodes: 4, MostOwners: 5},
		{MaxTotal: 1000},
		{Nodes: 2, FilesPerNode: 1, MinSize: 100, MaxSize: 100, MaxTotal: 199},
	} {
		if l, err := New(plan); !errors.Is(err, ErrPlan) || l != nil {
			t.Errorf("%+v: %v", plan, err)
		}
	}
	must(t, Plan{Nodes: 2, FilesPerNode: 1, MinSize: 100, MaxSize: 100, MaxTotal: 200})
	if err := (Plan{Nodes: MaxCopies / 2, FilesPerNode: 2}).withDefaults().check(); err != nil {
		t.Errorf("as many files as may be: %v", err)
	}
}

// TestSameEverywhere pins one library: a seed means the same on every machine
// and in every version.
func TestSameEverywhere(t *testing.T) {
	h := sha1.New()
	for _, f := range must(t, Plan{Nodes: 20, FilesPerNode: 5, Seed: 42}).Files {
		fmt.Fprintf(h, "%s %d %x %v\n", f.Name, f.Size, f.SHA1, f.Owners)
	}
	const want = "6f23c2489235e16eb3abe283d7f8769f510591b8"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the library of seed 42 has the hash %s, want %s", got, want)
	}
	if a, b := must(t, Plan{Seed: 1}), must(t, Plan{Seed: 2}); a.Files[0].Name == b.Files[0].Name || a.Files[0].SHA1 == b.Files[0].SHA1 {
		t.Error("two seeds make the same file")
	}
}

func TestPopularAndRare(t *testing.T) {
	l := must(t, Plan{Nodes: 20, FilesPerNode: 5})
	if n := len(l.Popular().Owners); n != 5 {
		t.Errorf("the popular file has %d owners, want a quarter of 20", n)
	}
	for asker := -1; asker < l.Nodes(); asker++ {
		if f := l.Rare(asker); len(f.Owners) != 1 || f.Owners[0] == asker {
			t.Errorf("the rare file for node %d is on %v", asker, f.Owners)
		}
	}
	alone := must(t, Plan{Nodes: 1, FilesPerNode: 2})
	if f := alone.Rare(0); f != alone.Files[1] {
		t.Errorf("the rare file of a lonely node is %s", f.Name)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		must(b, Plan{Nodes: 200, FilesPerNode: 10})
	}
}
