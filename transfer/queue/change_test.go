package queue

import "testing"

// TestSetSlots: with more slots those in line have one at once; with fewer nobody loses one,
// and nobody has one anew until enough are back.
func TestSetSlots(t *testing.T) {
	d := open(t, Config{Slots: 1, PerHost: 9, PerNetwork: 9})
	turns := []Turn{d.wantGranted(d.from(1))}
	second, third := d.wantHeld(d.from(2)), d.wantHeld(d.from(3))
	d.SetSlots(3)
	d.advance(0)
	if !d.granted[second] || !d.granted[third] || d.FreeSlots() != 0 || d.Slots() != 3 {
		t.Fatalf("granted %v, %d free of %d", d.granted, d.FreeSlots(), d.Slots())
	}
	turns = append(turns, second.Turn(), third.Turn())
	d.SetSlots(1)
	fourth := d.wantHeld(d.from(4))
	for i, turn := range turns {
		if d.granted[fourth] || d.FreeSlots() != 0 {
			t.Fatalf("with %d uploads: granted %v, %d free", len(turns)-i, d.granted[fourth], d.FreeSlots())
		}
		d.done(turn)
		d.Release(d.now, host(1+i))
		d.advance(0)
	}
	if !d.granted[fourth] {
		t.Error("not granted when all were back")
	}
}
