package download

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
)

// TestVoices is who is counted for and against a tree, and what follows.
func TestVoices(t *testing.T) {
	_, b := content(1, 2<<20)
	_, lie := content(2, 2<<20)
	tree := treesOf(b)[0]
	right, wrong := namesOf(treesOf(b, merkle.Blake3, merkle.Tiger)), namesOf(treesOf(lie))
	gtk := namesOf(treesOf(b, merkle.Tiger))
	s := &sources{rng: rand.New(rand.NewPCG(1, 2))}
	tell := func(network byte, n names, bytes int64, byTree bool) {
		host := netip.AddrFrom4([4]byte{198, network, 1, byte(len(s.list))})
		s.add(transfer.Source{Addr: netip.AddrPortFrom(host, 6346)})
		src := s.list[len(s.list)-1]
		src.host, src.names, src.bytes, src.byTree, src.dropped = host, n, bytes, byTree, byTree
	}
	rival := func(n names) bool { return n != (names{}) }
	for i, step := range []struct {
		network byte
		names   names
		bytes   int64
		byTree  bool
		want    voices
	}{
		{1, right, 0, false, voices{1, 0, 0}},
		{1, right, 0, false, voices{1, 0, 0}}, // the same network
		{2, names{}, 100, false, voices{2, 0, 1}},
		{3, wrong, 0, true, voices{2, 1, 1}},
		{4, gtk, 0, true, voices{2, 2, 1}},     // its bytes did not fit
		{5, right, 0, true, voices{2, 2, 1}},   // it names the tree, and lies
		{6, names{}, 0, true, voices{2, 2, 1}}, // it lies, and knows no other tree
		{7, gtk, 0, false, voices{2, 2, 1}},    // nobody knows yet
		{8, right, 100, false, voices{3, 2, 2}},
	} {
		tell(step.network, step.names, step.bytes, step.byTree)
		if got := s.voices(tree, rival); got != step.want {
			t.Errorf("after source %d: %+v, want %+v", i, got, step.want)
		}
	}
	if kin := s.kin(right); kin != 5 { // of networks 1, 4, 5, 7, 8
		t.Errorf("%d networks name what goes with the right trees", kin)
	}
	for _, tt := range []struct {
		voices
		little, noneLeft, noneWell, want bool
	}{
		{voices{1, 0, 0}, true, true, true, false},
		{voices{1, 1, 0}, true, false, false, false},
		{voices{1, 1, 1}, true, false, true, true},
		{voices{1, 1, 1}, false, true, true, false},
		{voices{1, 2, 1}, true, false, false, true},
		{voices{1, 2, 1}, false, true, true, false},
		{voices{1, 3, 1}, false, false, false, true},
		{voices{2, 9, 2}, true, false, false, false},
		{voices{2, 9, 2}, false, true, true, true},
	} {
		if got := tt.outvoted(tt.little, tt.noneLeft, tt.noneWell); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}

func namesOf(trees []*merkle.Tree) (n names) {
	for _, tree := range trees {
		root := tree.Root()
		if tree.Kind() == merkle.Tiger {
			copy(n.tiger[:], root[:])
		} else {
			copy(n.blake3[:], root[:])
		}
	}
	return n
}

// village is a town in which every source is in a network of its own.
type village struct {
	*town
	file  transfer.File
	bytes []byte
}

// settle lets a source listen that names trees and has what they are of.
func (v *village) settle(t *testing.T, b []byte, change func(*seed), kinds ...merkle.Kind) *seed {
	s := &seed{t: t, file: v.file, bytes: b, trees: treesOf(b, kinds...), rate: steady(mb)}
	if change != nil {
		change(s)
	}
	s.Source = v.at(t, netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, byte(len(v.read) + 1), 113, 7}), 6346), s.serve)
	return s
}

// inVillage runs a conversation about a file, and a lie that is as long.
func inVillage(t *testing.T, talk func(t *testing.T, v *village, lie []byte)) {
	synctest.Test(t, func(t *testing.T) {
		const size = 6*mb + 5
		v := &village{town: newTown(t, 1)}
		v.file, v.bytes = content(1, size)
		_, lie := content(2, size)
		talk(t, v, lie)
	})
}

// TestFalseTreeIsOutvoted: who is heard of first names the tree of another file, and
// gives it, but little or nothing else. The honest ones that come later are not left
// for what that tree says: the file is here soon.
func TestFalseTreeIsOutvoted(t *testing.T) {
	for name, tt := range map[string]struct {
		liar   func(*seed)
		kinds  []merkle.Kind // of the honest ones
		honest int
		within time.Duration
	}{
		"stalls":             {func(s *seed) { s.stalls = probed }, nil, 2, 15 * time.Second},
		"closes":             {func(s *seed) { s.spoil = cuts(probed) }, nil, 2, 15 * time.Second},
		"gives little":       {func(s *seed) { s.rate = steady(4 << 10) }, nil, 2, 15 * time.Second},
		"gives":              {nil, nil, 2, 30 * time.Second},
		"against Tiger":      {func(s *seed) { s.rate = steady(4 << 10) }, []merkle.Kind{merkle.Tiger}, 3, 20 * time.Second},
		"one against one":    {func(s *seed) { s.spoil = cuts(probed) }, nil, 1, time.Minute},
		"stalls, one to one": {func(s *seed) { s.stalls = probed }, nil, 1, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inVillage(t, func(t *testing.T, v *village, lie []byte) {
				liar := v.settle(t, lie, tt.liar)
				d := open(t, folder(), Config{Connector: v})
				d.add(v.file, liar.Source)
				d.until(v.file, "verified by the false tree", func(s Status) bool { return s.Verify != "" || liar.gave.Load() > 0 })
				var honest []transfer.Source
				for range tt.honest {
					honest = append(honest, v.settle(t, v.bytes, nil, tt.kinds...).Source)
				}
				began := time.Now()
				if err := d.AddSources(v.file.SHA1, honest); err != nil {
					t.Fatal(err)
				}
				d.want(v.file, Complete)
				d.wantFile(v.file.Name, v.bytes)
				if took := time.Since(began); took > tt.within {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestFalseTreesUndoNothing: when honest ones in two networks gave bytes, no number of
// others that name another tree makes what is here be given away; they cost no byte.
func TestFalseTreesUndoNothing(t *testing.T) {
	inVillage(t, func(t *testing.T, v *village, lie []byte) {
		one, two := v.settle(t, v.bytes, nil), v.settle(t, v.bytes, nil)
		d := open(t, folder(), Config{Connector: v})
		d.add(v.file, one.Source, two.Source)
		d.until(v.file, "half is here", func(s Status) bool { return s.Have > v.file.Size/2 })
		var liars []transfer.Source
		for range 20 {
			liars = append(liars, v.settle(t, lie, nil).Source)
		}
		if err := d.AddSources(v.file.SHA1, liars); err != nil {
			t.Fatal(err)
		}
		s := d.want(v.file, Complete)
		d.wantFile(v.file.Name, v.bytes)
		if sent := one.sent.Load() + two.sent.Load(); s.Wasted > 0 || sent > v.file.Size+v.file.Size/10 {
			t.Errorf("%d bytes for nothing, %d sent of a file of %d", s.Wasted, sent, v.file.Size)
		}
	})
}

// TestFalseTreeAfterRestart: half of a file is here and was verified when the node
// starts again. The first to name a tree then names a false one, which what is here
// contradicts; nothing is given away, and the honest one gives the rest.
func TestFalseTreeAfterRestart(t *testing.T) {
	inVillage(t, func(t *testing.T, v *village, lie []byte) {
		good := v.settle(t, v.bytes, nil)
		f := folder()
		d := open(t, f, Config{Connector: v})
		d.add(v.file, good.Source)
		d.until(v.file, "half is here", func(s Status) bool { return s.Have > v.file.Size/2 })
		d.stop()
		before := good.sent.Load()

		d = open(t, f, Config{Connector: v})
		liar := v.settle(t, lie, nil)
		d.add(v.file, liar.Source)
		s := d.until(v.file, "waiting", waiting)
		if s.Have < v.file.Size/2 {
			t.Errorf("%d of %d bytes are left", s.Have, v.file.Size)
		}
		if err := d.AddSources(v.file.SHA1, []transfer.Source{good.Source}); err != nil {
			t.Fatal(err)
		}
		s = d.want(v.file, Complete)
		d.wantFile(v.file.Name, v.bytes)
		if again := good.sent.Load() - before; again > v.file.Size*6/10 {
			t.Errorf("%d bytes of %d were fetched after the start", again, v.file.Size)
		}
	})
}

// TestWrongBytesFromBefore: what is here was verified by a false tree in an earlier
// life. Two networks that name the right one are enough for it to be given away.
func TestWrongBytesFromBefore(t *testing.T) {
	inVillage(t, func(t *testing.T, v *village, lie []byte) {
		liar := v.settle(t, lie, nil)
		f := folder()
		d := open(t, f, Config{Connector: v})
		d.add(v.file, liar.Source)
		d.until(v.file, "half is here", func(s Status) bool { return s.Have > v.file.Size/2 })
		d.stop()

		d = open(t, f, Config{Connector: v})
		d.add(v.file, v.settle(t, v.bytes, nil).Source)
		if s := d.until(v.file, "waiting", waiting); s.Have < v.file.Size/2 {
			t.Errorf("one source is enough to give %d bytes away", v.file.Size/2-s.Have)
		}
		if err := d.AddSources(v.file.SHA1, []transfer.Source{v.settle(t, v.bytes, nil).Source}); err != nil {
			t.Fatal(err)
		}
		d.want(v.file, Complete)
		d.wantFile(v.file.Name, v.bytes)
	})
}

// probed reports whether a source has given what it is asked for before its tree is.
func probed(sent int64) bool { return sent >= probeBytes }
