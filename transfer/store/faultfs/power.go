package faultfs

import (
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"time"
)

// sectorBytes is what a disk writes as a whole (bytes).
const sectorBytes = 512

// Kill makes of the cut, or of no cut, the mere end of the process that used
// the folder: its handles are dead, and what it wrote is there, synced or not.
// Faults that were injected are gone.
func (f *FS) Kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
}

// end ends one life and begins the next.
func (f *FS) end() {
	f.life++
	f.off = false
	f.faults = nil
}

// Cut cuts the power: from here on every call fails, until Restart.
func (f *FS) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.off {
		f.cut()
	}
}

func (f *FS) cut() { f.off, f.cutAt = true, time.Now() }

// CutAt is when the power last went: at the call that was to meet it, or at Cut.
func (f *FS) CutAt() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cutAt
}

// Restart switches the power on after a cut, or cuts it now and switches it on:
// the folder is what its durable part and a random part of the rest make it.
// Faults that were injected are gone.
func (f *FS) Restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
	kept := f.fraction()
	for _, c := range f.pending {
		if f.rng.Float64() < kept {
			c.apply(f.durable)
		}
	}
	f.pending = nil
	maps.DeleteFunc(f.durable, func(name string, _ *file) bool {
		dir := path.Dir(name)
		return dir != "." && f.durable[dir] == nil
	})
	f.names = maps.Clone(f.durable)
	for _, name := range slices.Sorted(maps.Keys(f.names)) {
		there := f.names[name]
		there.lose(f.rng, f.fraction())
		there.data = slices.Clone(there.durable)
	}
}

// fraction is how much of what is not durable survives this time: often
// nothing or everything, else anything in between.
func (f *FS) fraction() float64 {
	switch f.rng.IntN(4) {
	case 0:
		return 0
	case 1:
		return 1
	default:
		return f.rng.Float64()
	}
}

// lose makes the given part of the pending writes durable, sector by sector and
// in random order, and forgets the rest.
func (f *file) lose(rng *rand.Rand, kept float64) {
	var sectors []write
	for _, w := range f.pending {
		if w.data == nil {
			sectors = append(sectors, w)
			continue
		}
		for len(w.data) > 0 {
			n := min(sectorBytes-w.at%sectorBytes, int64(len(w.data)))
			sectors = append(sectors, write{w.at, w.data[:n]})
			w = write{w.at + n, w.data[n:]}
		}
	}
	f.pending = nil
	rng.Shuffle(len(sectors), func(i, j int) { sectors[i], sectors[j] = sectors[j], sectors[i] })
	for _, s := range sectors {
		if rng.Float64() < kept {
			f.durable = s.apply(f.durable)
		}
	}
}
