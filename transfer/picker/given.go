package picker

import (
	"math/rand/v2"

	"filbert/transfer/ranges"
)

// Given is how often each slice of a file was given to somebody. A source that may
// choose what to give gives what it gave least often: of those who fetch a file at
// the same time, each then has something for the others.
type Given struct {
	size, slice int64
	times       []uint16
}

// NewGiven is for a file of size bytes, in slices of the given size.
func NewGiven(size, slice int64) *Given {
	return &Given{size: size, slice: slice, times: make([]uint16, (size+slice-1)/slice)}
}

// Add notes that r was given.
func (g *Given) Add(r ranges.Range) {
	for i := range g.slices(r) {
		if i < len(g.times) && g.times[i] < 1<<16-1 {
			g.times[i]++
		}
	}
}

// Undo takes back what Add noted of r, which was not given after all.
func (g *Given) Undo(r ranges.Range) {
	for i := range g.slices(r) {
		if i < len(g.times) && g.times[i] > 0 {
			g.times[i]--
		}
	}
}

// Least is the whole slices among offer that were given least often, in one piece
// of at most most bytes, or of one slice if that is more. What continues an end of
// what the taker has comes first, then chance decides. It reports false if there is
// no whole slice in offer.
func (g *Given) Least(offer *ranges.Set, most int64, rng *rand.Rand) (ranges.Range, bool) {
	least, best, bestKey, bestEnd := 1<<16, 0, uint64(0), 0
	for r := range offer.All() {
		first, behind := g.whole(r)
		for i := first; i < behind; i++ {
			times := int(g.times[i])
			if times > least {
				continue
			}
			key := rng.Uint64() >> 1
			if i == first && r.Start > 0 {
				key |= 1 << 63
			}
			if times < least || key > bestKey {
				least, best, bestKey, bestEnd = times, i, key, behind
			}
		}
	}
	if bestEnd == 0 {
		return ranges.Range{}, false
	}
	end := best + 1
	for end < bestEnd && int(g.times[end]) == least && int64(end+1-best)*g.slice <= most {
		end++
	}
	return ranges.Range{Start: int64(best) * g.slice, End: min(int64(end)*g.slice, g.size)}, true
}

// slices is those that begin in r.
func (g *Given) slices(r ranges.Range) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for at := r.Start + (g.slice-r.Start%g.slice)%g.slice; at < r.End; at += g.slice {
			if !yield(int(at / g.slice)) {
				return
			}
		}
	}
}

// whole is the slices of which all is in r, from first to the one before behind.
func (g *Given) whole(r ranges.Range) (first, behind int) {
	r.End = min(r.End, g.size)
	first, behind = int((r.Start+g.slice-1)/g.slice), int(r.End/g.slice)
	if r.End == g.size && g.size > 0 {
		behind = len(g.times)
	}
	return first, behind
}
