package index

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"filbert/query/keyword"
	"pgregory.net/rapid"
)

func TestLookup(t *testing.T) {
	x := New()
	if _, ok := x.ByID(0); ok || x.Len() != 0 || x.Bytes() != 0 {
		t.Error("a new index is not empty")
	}
	a := Entry{ID: 10, Name: "a.mp3", Size: 3, SHA1: [20]byte{1}, Partial: true, ModTime: 9}
	b := Entry{ID: 20, Name: "b.txt", Size: 4, SHA1: [20]byte{1}}
	c := Entry{ID: 30, Name: "c", Size: 5}
	x.Apply([]Entry{a, b, c}, nil)
	if x.Len() != 3 || x.Bytes() != 12 {
		t.Errorf("%d files, %d bytes, want 3 and 12", x.Len(), x.Bytes())
	}
	if e, ok := x.ByID(10); !ok || e.Name != "a.mp3" || e.Media != Audio || e.ModTime != 9 || !e.Partial {
		t.Errorf("ByID(10) = %+v, %v", e, ok)
	}
	if e, ok := x.ByID(11); ok {
		t.Errorf("ByID(11) = %+v", e)
	}
	if e, ok := x.BySHA1([20]byte{1}); !ok || e.ID != 20 {
		t.Errorf("BySHA1 = %+v, %v, want the complete file", e, ok)
	}
	x.Apply(nil, []uint32{20, 99})
	if e, ok := x.BySHA1([20]byte{1}); !ok || e.ID != 10 {
		t.Errorf("BySHA1 = %+v, %v, want the partial file", e, ok)
	}
	for _, sum := range [][20]byte{{}, {2}} {
		if e, ok := x.BySHA1(sum); ok {
			t.Errorf("BySHA1(%x) = %+v", sum, e)
		}
	}

	x.Apply([]Entry{{ID: 10, Name: "old", Size: 1}, {ID: 10, Name: "new", Size: 2}}, []uint32{10})
	if e, ok := x.ByID(10); !ok || e.Name != "new" || x.Len() != 2 || x.Bytes() != 7 {
		t.Errorf("after replacing: %+v, %v, %d files, %d bytes", e, ok, x.Len(), x.Bytes())
	}
	if a.Media != 0 {
		t.Error("Apply changed its argument")
	}
	x.Apply(nil, []uint32{10, 30})
	if x.Len() != 0 || x.Bytes() != 0 || len(x.current.Load().parts) != 0 {
		t.Errorf("emptied: %d files, %d bytes, %d parts", x.Len(), x.Bytes(), len(x.current.Load().parts))
	}
}

// TestApplyModel applies random changes to an index and to a map, and compares
// them by every way of looking. It also holds the promises that bound work.
func TestApplyModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := New()
		model := map[uint32]Entry{}
		id := rapid.Uint32Range(0, 400)
		t.Repeat(map[string]func(*rapid.T){
			"apply": func(t *rapid.T) {
				first, n := id.Draw(t, "first"), rapid.IntRange(0, 300).Draw(t, "n")
				remove := rapid.SliceOfN(id, 0, 20).Draw(t, "remove")
				var add []Entry
				for i := range n {
					e := Entry{ID: first + uint32(i), Name: fmt.Sprint("w", i%7, " x", first), Size: int64(i), SHA1: [20]byte{byte(i % 5)}}
					add = append(add, e)
				}
				x.Apply(add, remove)
				for _, id := range remove {
					delete(model, id)
				}
				for _, e := range add {
					model[e.ID] = e
				}
			},
			"clear": func(t *rapid.T) {
				from := id.Draw(t, "from")
				var remove []uint32
				for id := range model {
					if id >= from {
						remove = append(remove, id)
						delete(model, id)
					}
				}
				x.Apply(nil, remove)
			},
			"": func(t *rapid.T) {
				checkModel(t, x, model)
				checkParts(t, x)
			},
		})
	})
}

func checkModel(t *rapid.T, x *Index, model map[uint32]Entry) {
	var bytes int64
	for id, want := range model {
		bytes += want.Size
		if e, ok := x.ByID(id); !ok || e.Name != want.Name || e.Size != want.Size {
			t.Fatalf("ByID(%d) = %+v, %v, want %+v", id, e, ok, want)
		}
	}
	if x.Len() != len(model) || x.Bytes() != bytes {
		t.Fatalf("%d files, %d bytes, want %d and %d", x.Len(), x.Bytes(), len(model), bytes)
	}
	all := x.Match(nil, &Query{Words: []keyword.Word{{Text: "x"}}}, newRand(1), MaxFiles)
	if got, want := ids(all), slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
		t.Fatalf("all files: %d, want %d", got, want)
	}
	q := &Query{SHA1s: [][20]byte{{3}}}
	var want []uint32
	for id, e := range model {
		if matches(q, &e) {
			want = append(want, id)
		}
	}
	slices.Sort(want)
	if got := ids(x.Match(nil, q, newRand(1), MaxFiles)); !slices.Equal(got, want) {
		t.Fatalf("by hash: %d, want %d", got, want)
	}
}

// checkParts holds the rule from which maxParts follows.
func checkParts(t *rapid.T, x *Index) {
	parts := x.current.Load().parts
	later := 0
	for i, p := range slices.Backward(parts) {
		if later > 0 && (p.live < minPart || p.live < mergeRatio*later) || p.live*2 < len(p.entries) || p.live == 0 {
			t.Fatalf("part %d of %d: %d of %d docs live, %d in later parts", i, len(parts), p.live, len(p.entries), later)
		}
		later += p.live
	}
}

// TestPartsBound adds files in small calls, the worst way, and counts parts.
func TestPartsBound(t *testing.T) {
	x := New()
	most := 0
	id := uint32(0)
	for range 400 {
		var add []Entry
		for range 97 {
			add = append(add, Entry{ID: id, Name: "a"})
			id++
		}
		x.Apply(add, nil)
		most = max(most, len(x.current.Load().parts))
	}
	if most > maxParts || most < 2 {
		t.Errorf("%d parts, want 2 to %d", most, maxParts)
	}
	for files, parts := minPart, 2; parts <= maxParts; files, parts = files*(mergeRatio+1), parts+1 {
		if parts == maxParts && files*(mergeRatio+1) <= MaxFiles {
			t.Errorf("%d parts need only %d files", maxParts+1, files*(mergeRatio+1))
		}
	}
}

func TestApplyRefusesTooMany(t *testing.T) {
	x := New()
	nameless := make([]Entry, MaxFiles+1)
	for i := range nameless {
		nameless[i].ID = uint32(i)
	}
	for _, tt := range []struct {
		add     []Entry
		remove  []uint32
		refused int
		files   int
	}{
		{nameless[:MaxFiles-1], nil, 0, MaxFiles - 1},
		{nameless[MaxFiles-1:], nil, 1, MaxFiles},
		{nameless[:3], nil, 0, MaxFiles}, // replaced
		{nameless[MaxFiles:], nil, 1, MaxFiles},
		{nameless[MaxFiles:], []uint32{7}, 0, MaxFiles},
	} {
		if refused := x.Apply(tt.add, tt.remove); refused != tt.refused || x.Len() != tt.files {
			t.Errorf("refused %d of %d, %d files, want %d and %d", refused, len(tt.add), x.Len(), tt.refused, tt.files)
		}
	}
}

// TestReadersSeeWholeChanges has readers ask while one writer replaces a set of
// files again and again, among others that come and go. Each answer must be one
// generation of the set, whole.
func TestReadersSeeWholeChanges(t *testing.T) {
	const set, generations = 40, 100
	x := New()
	generation := func(g int) []Entry {
		entries := make([]Entry, set)
		for i := range entries {
			entries[i] = Entry{ID: uint32(i), Name: fmt.Sprintf("set member %d.mp3", i), Size: int64(g), SHA1: [20]byte{1, byte(i)}}
		}
		return entries
	}
	x.Apply(generation(0), nil)
	q := textQuery("set memb")
	var done atomic.Bool
	var group sync.WaitGroup
	for seed := range uint64(3) {
		group.Go(func() {
			rnd := newRand(seed)
			for last := int64(0); !done.Load(); {
				found := x.Match(nil, q, rnd, 1000)
				if len(found) != set {
					t.Errorf("%d files of the set, want %d", len(found), set)
					return
				}
				for _, e := range found {
					if e.Size != found[0].Size || e.Size < last {
						t.Errorf("generation %d after %d, beside %d", e.Size, last, found[0].Size)
						return
					}
				}
				last = found[0].Size
				if e, ok := x.BySHA1([20]byte{1, byte(rnd.IntN(set))}); !ok || e.Size < last {
					t.Errorf("by hash: %+v, %v", e, ok)
					return
				}
				if e, ok := x.ByID(rnd.Uint32N(set)); !ok || e.Size < last {
					t.Errorf("by ID: %+v, %v", e, ok)
					return
				}
			}
		})
	}
	c := newCorpus(1, 200)
	for g := 1; g <= generations; g++ {
		add := generation(g)
		var remove []uint32
		for range c.rnd.IntN(100) {
			remove = append(remove, set+c.rnd.Uint32N(5000))
		}
		x.Apply(append(add, c.entries(set+c.rnd.Uint32N(5000), c.rnd.IntN(200))...), remove)
	}
	done.Store(true)
	group.Wait()
}
