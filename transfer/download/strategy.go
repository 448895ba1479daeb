package download

import (
	"filbert/transfer/picker"
	"filbert/transfer/ranges"
)

// scatters reports whether the parts are asked for from random places on.
func (c *crew) scatters() bool {
	switch c.d.strategy {
	case picker.Rarest:
		return true
	case picker.Sequential:
		return false
	}
	return c.d.sources.swarm()
}

// soon is what to ask of w of the next bytes of a file that is fetched in order: the
// end of the part of somebody who became slow, else nothing in particular.
func (c *crew) soon(cut picker.Picker, w *worker, missing []ranges.Range, rate int64) (part, free ranges.Range, ok bool) {
	if c.most() == 1 {
		return part, free, false
	}
	cut.Worth = inOrderTime
	end := missing[0].Start + readAhead
	part, ok = c.steal(cut, w, rate, func(j picker.Job) bool {
		return j.At < end && (j.Rate > 0 || j.Idle >= cut.Stuck)
	})
	return part, part, ok
}
