package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// newestSlowly is what Newest must find, by looking at everything.
func newestSlowly(all map[uint32]Entry, media Media) []uint32 {
	var fit []Entry
	for _, e := range all {
		if !e.Partial && (media == 0 || media&MediaOf(e.Name) != 0) {
			fit = append(fit, e)
		}
	}
	slices.SortFunc(fit, func(a, b Entry) int {
		if newer(&a, &b) {
			return -1
		}
		return 1
	})
	var ids []uint32
	for _, e := range fit[:min(len(fit), MaxNewest)] {
		ids = append(ids, e.ID)
	}
	return ids
}

// TestNewest adds, replaces and removes files at random, and compares the newest
// of every kind of media with those found by looking at all.
func TestNewest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	names := []string{"a.ogg", "b.avi", "c.txt", "d.png", "e.exe", "f.deb", "g.torrent", "h.ps", "i.zip", "j"}
	masks := []Media{0, Audio, Video, Document, Image, WindowsProgram, UnixProgram, Torrent, Audio | Video, Document | Image, 0x200}
	x, all := New(), map[uint32]Entry{}
	for round := range 400 {
		var add []Entry
		var remove []uint32
		for range rnd.IntN(40) {
			e := Entry{
				ID: uint32(rnd.IntN(900)), Name: fmt.Sprint("file ", names[rnd.IntN(len(names))]),
				ModTime: int64(rnd.IntN(50)), Partial: rnd.IntN(8) == 0,
			}
			add = append(add, e)
		}
		for range rnd.IntN(20) {
			remove = append(remove, uint32(rnd.IntN(900)))
		}
		if ids := newestSlowly(all, 0); round%3 == 0 { // those it has to notice
			remove = append(remove, ids...)
		}
		x.Apply(add, remove)
		for _, id := range remove {
			delete(all, id)
		}
		for _, e := range add {
			all[e.ID] = e
		}
		for _, media := range masks {
			var got []uint32
			for _, e := range x.Newest(nil, media) {
				got = append(got, e.ID)
			}
			if want := newestSlowly(all, media); !slices.Equal(got, want) {
				t.Fatalf("round %d, %v: newest %v, want %v", round, media, got, want)
			}
		}
	}
}

// TestNewestKeepsWhatWasThere appends and does not allocate when there is room.
func TestNewestKeepsWhatWasThere(t *testing.T) {
	x := New()
	x.Apply([]Entry{{ID: 1, Name: "old", ModTime: 1}, {ID: 2, Name: "new", ModTime: 2}}, nil)
	before := &Entry{ID: 9}
	dst := append(make([]*Entry, 0, 8), before)
	got := x.Newest(dst, 0)
	if len(got) != 3 || got[0] != before || got[1].ID != 2 || got[2].ID != 1 {
		t.Errorf("newest %v", got)
	}
	if n := testing.AllocsPerRun(100, func() { x.Newest(dst, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNewest(b *testing.B) {
	x := New()
	entries := make([]Entry, 200_000)
	for i := range entries {
		entries[i] = Entry{ID: uint32(i), Name: fmt.Sprintf("file %d.ogg", i), ModTime: int64(i * 7919 % 100_003)}
	}
	x.Apply(entries, nil)
	dst := make([]*Entry, 0, MaxNewest)
	b.ReportAllocs()
	for b.Loop() {
		dst = x.Newest(dst[:0], Audio|Video)
	}
}
