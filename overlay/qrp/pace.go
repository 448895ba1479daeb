package qrp

import "time"

// pace admits events at a rate: one each pause in the long run, and up to burst
// at once.
type pace struct {
	due time.Time // when all that was admitted would have come at the rate
}

func (p *pace) admit(now time.Time, pause time.Duration, burst int) bool {
	most := time.Duration(burst) * pause
	ahead := max(0, p.due.Sub(now))
	if ahead > most { // the clock was set back
		ahead = 0
	}
	if ahead+pause > most {
		return false
	}
	p.due = now.Add(ahead + pause)
	return true
}
