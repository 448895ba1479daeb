package picker

import (
	"math/rand/v2"
	"testing"

	"filbert/transfer/ranges"
)

// TestLeast: what was given least often comes, in one piece, of what is offered.
func TestLeast(t *testing.T) {
	for name, c := range map[string]struct {
		given []ranges.Range
		offer *ranges.Set
		most  int64
		want  ranges.Range
		none  bool
	}{
		"what nobody got":        {given: []ranges.Range{span(0, 256*k), span(320*k, 1000*k)}, offer: set(span(0, 1000*k)), most: 64 * k, want: span(256*k, 320*k)},
		"no more than asked for": {given: []ranges.Range{span(0, 512*k)}, offer: set(span(0, 704*k)), most: 128 * k, want: span(512*k, 640*k)},
		"as rare as its begin":   {given: []ranges.Range{span(128*k, 1000*k)}, offer: set(span(64*k, 1000*k)), most: 512 * k, want: span(64*k, 128*k)},
		"at least a slice":       {offer: set(span(64*k, 128*k)), most: 1, want: span(64*k, 128*k)},
		"the short last slice":   {given: []ranges.Range{span(0, 960*k)}, offer: set(span(0, 1000*k)), most: 512 * k, want: span(960*k, 1000*k)},
		"whole slices":           {offer: set(span(1, 190*k)), most: 512 * k, want: span(64*k, 128*k)},
		"no whole slice":         {offer: set(span(1, 127*k), span(970*k, 1000*k)), most: 512 * k, none: true},
		"behind the end":         {offer: set(span(1000*k, 1200*k)), most: 512 * k, none: true},
		"nothing":                {offer: set(), most: 512 * k, none: true},
		"all of what is wanted was given, some more often": {given: []ranges.Range{span(0, 512*k), span(0, 256*k), span(448*k, 512*k)},
			offer: set(span(0, 512*k)), most: 512 * k, want: span(256*k, 448*k)},
	} {
		g := NewGiven(1000*k, 64*k)
		for _, r := range c.given {
			g.Add(r)
		}
		// By chance it is another of the same worth: the first is wanted here.
		for seed := uint64(0); ; seed++ {
			got, ok := g.Least(c.offer, c.most, rand.New(rand.NewPCG(seed, 1)))
			if ok == c.none {
				t.Errorf("%s: %v, %t", name, got, ok)
				break
			}
			if got == c.want {
				break
			}
			if seed == 1000 {
				t.Errorf("%s: never %v, but %v", name, c.want, got)
				break
			}
		}
	}
}

// TestEverythingOnce: to takers that want all, all is given once before anything is
// given twice, and to each what continues what it has.
func TestEverythingOnce(t *testing.T) {
	const size = 10_000*k + 1
	g, rng := NewGiven(size, 64*k), rand.New(rand.NewPCG(1, 1))
	var here ranges.Set
	takers := make([]ranges.Set, 5)
	for i := range 157 {
		var want ranges.Set
		taker := &takers[i%len(takers)]
		for gap := range taker.Gaps(size) {
			want.Add(gap)
		}
		r, ok := g.Least(&want, 64*k, rng)
		if !ok || here.Contains(r) {
			t.Fatalf("part %d is %v, %t", i, r, ok)
		}
		g.Add(r)
		here.Add(r)
		taker.Add(r)
	}
	if here.Len() != size {
		t.Errorf("%d bytes were given of %d", here.Len(), size)
	}
	for i := range takers {
		if n := takers[i].Intervals(); n > 12 {
			t.Errorf("taker %d has %d pieces of 31 slices", i, n)
		}
	}
}

// TestUndo: what did not go out was not given.
func TestUndo(t *testing.T) {
	g, rng := NewGiven(1000*k, 64*k), rand.New(rand.NewPCG(1, 1))
	g.Add(span(0, 1000*k))
	g.Undo(span(200*k, 384*k)) // the slice at 192 KiB was begun
	if got, _ := g.Least(set(span(0, 1000*k)), 1000*k, rng); got != span(256*k, 384*k) && got != span(320*k, 384*k) {
		t.Errorf("least is %v", got)
	}
	g.Undo(span(0, 2000*k))
	g.Add(span(900*k, 2000*k))
	if len(g.times) != 16 || g.times[15] != 1 || g.times[0] != 0 {
		t.Errorf("counted %v", g.times)
	}
}
