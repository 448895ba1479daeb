package download

import (
	"math"
	"testing"
	"time"

	"filbert/transfer/limit"
)

// TestLimit fetches two files at once, at the limit for both together, and never
// takes a source for slow because of it.
func TestLimit(t *testing.T) {
	const size, perSecond = 200_000, 3_000 // less than slowRate for each
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n, Limit: limit.New(perSecond, false)})
		began := time.Now()
		var asked []*servent
		for seed := range byte(2) {
			file, b := content(seed, size)
			first, second := newServent(t, n, file, honest(b)), newServent(t, n, file, honest(b))
			d.add(file, first.Source, second.Source)
			asked = append(asked, first, second)
		}
		for seed := range byte(2) {
			file, _ := content(seed, size)
			d.want(file, Complete)
		}
		for i := 0; i < len(asked); i += 2 {
			if requests := len(asked[i].requests()) + len(asked[i+1].requests()); requests != 1 {
				t.Errorf("asked %d times for file %d, want once", requests, i/2)
			}
		}
		want := 2 * size / float64(perSecond)
		if took := time.Since(began).Seconds(); math.Abs(took-want) > want/50 {
			t.Errorf("took %.1f s, want %.1f", took, want)
		}
	})
}
