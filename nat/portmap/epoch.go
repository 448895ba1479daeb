package portmap

import "time"

// stamp is the clock of a router in an answer: seconds since it lost its table.
type stamp struct {
	ok      bool
	seconds uint32
	at      time.Time // of ours
}

// slack is the seconds by which clocks may differ for no reason: RFC 6887 8.5,
// RFC 6886 3.6.
const slack = 2

// restarted reports whether a router has lost its table between two answers, or we
// have slept meanwhile and the leases have ended.
func restarted(m Method, before, now stamp) bool {
	if !before.ok || !now.ok {
		return false
	}
	ours := int64(now.at.Sub(before.at) / time.Second)
	theirs := int64(now.seconds) - int64(before.seconds)
	if m == NATPMP { // RFC 6886 3.6: its clock may be wrong by an eighth
		return theirs < ours*7/8-slack || theirs > ours*9/8+slack
	}
	switch { // RFC 6887 8.5
	case theirs < -1:
		return true
	case theirs < 0:
		theirs = 0
	}
	return ours+slack < theirs-theirs/16 || theirs+slack < ours-ours/16
}
