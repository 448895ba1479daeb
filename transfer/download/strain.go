package download

import (
	"math"
	"time"
)

// strain is how much of the time that sources give we keep them waiting, since more
// comes than the limit lets through: what was long ago counts less and less.
type strain struct {
	last           time.Time
	waited, giving float64 // seconds, of all sources together
}

// add notes that since the last call so many sources gave, and waited so long.
func (s *strain) add(now time.Time, giving int, waited time.Duration) {
	passed := now.Sub(s.last).Seconds()
	if s.last.IsZero() {
		passed = 0
	}
	faded := math.Exp(-passed / strainTime.Seconds())
	s.waited = s.waited*faded + waited.Seconds()
	s.giving, s.last = s.giving*faded+passed*float64(giving), now
}

// enough reports whether there is no use in more sources at the same time.
func (s *strain) enough() bool { return s.waited > strainMost*s.giving }

// sated reports whether w is one source too many: without it as much would come, and
// what it has to give is for others.
func (c *crew) sated(w *worker) bool {
	return c.chooses(w) && c.full(w)
}

// full reports whether there are enough sources without w, nil for none.
func (c *crew) full(w *worker) bool {
	others := 0
	for _, o := range c.workers {
		if o != w && o.busy && o.coming && o.answered() {
			others++
		}
	}
	return others >= enoughSources && c.strain.enough()
}
