package flood

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"filbert/overlay"
	"filbert/overlay/wire"
)

// others is a mesh that knows the same of every file.
type others []netip.AddrPort

func (o others) Alternates([20]byte) []netip.AddrPort { return o }

// TestAlternates: hits name other sources, and those of hits are read.
func TestAlternates(t *testing.T) {
	known := others{netip.MustParseAddrPort("192.0.2.17:6346"), netip.MustParseAddrPort("[2001:db8::5]:7")}
	ask := (&wire.Query{Flags: wire.FlagMark, Text: "blue"}).AppendTo(nil)
	a := NewAnswerer(library(t), rand.New(rand.NewPCG(1, 1)))
	for _, mesh := range []others{nil, known} {
		if mesh != nil {
			a.Mesh = mesh
		}
		records := a.Match(ask, 10)
		if len(records) == 0 {
			t.Fatal("nothing matches")
		}
		for i := range records {
			hit := readHit(&overlay.Hit{}, &records[i])
			want := []netip.AddrPort(mesh)
			if !hit.Hashed() {
				want = nil
			}
			if !slices.Equal(hit.Alternates, want) {
				t.Errorf("%s: alternates %v, want %v", hit.File.Name, hit.Alternates, want)
			}
		}
	}
}

// TestRoots: hits name the roots of hash trees, and those of hits are read.
func TestRoots(t *testing.T) {
	known := wire.Roots{Tiger: [24]byte{1}, Blake3: [32]byte{2}}
	ask := (&wire.Query{Flags: wire.FlagMark, Text: "blue"}).AppendTo(nil)
	a := NewAnswerer(library(t), rand.New(rand.NewPCG(1, 1)))
	for _, want := range []wire.Roots{{}, known} {
		a.Roots = func([20]byte) wire.Roots { return want }
		records := a.Match(ask, 10)
		hashed := 0
		for i := range records {
			hit := readHit(&overlay.Hit{}, &records[i])
			if !hit.Hashed() {
				continue
			}
			hashed++
			if got := (wire.Roots{Tiger: hit.Tiger, Blake3: hit.Blake3}); got != want {
				t.Errorf("%s: roots %x, want %x", hit.File.Name, got, want)
			}
		}
		if hashed == 0 {
			t.Error("no hit has a hash")
		}
	}
}
