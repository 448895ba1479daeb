package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
)

// vain bounds connections that nobody answers: routers remember each of them for four
// minutes, and a node whose known hosts are gone, or that is cut off, would go on for
// ever. maxVain are made in a row, and then one each vainPause.
type vain struct {
	clear time.Time // when all of them are paid for
	held  uint64    // times that somebody would have been dialed
	noted uint64    // in all, to whomever

	dear bool // each takes as long as thriftVain to be paid for, not vainPause
}

func (v *vain) pause() time.Duration {
	if v.dear {
		return thriftVain
	}
	return vainPause
}

// count is how many there were of late.
func (v *vain) count(now time.Time) int {
	return int((max(0, v.clear.Sub(now)) + v.pause() - 1) / v.pause())
}

// full reports whether nobody is to be dialed now.
func (v *vain) full(now time.Time) bool {
	if v.count(now) < maxVain {
		return false
	}
	v.held++
	return true
}

// note takes a connection to an address that nobody answered. No router is on the way to
// those of local networks.
func (v *vain) note(now time.Time, to netip.Addr) {
	v.noted++
	if hostcache.Class(to).Local() {
		return
	}
	if v.clear.Before(now) {
		v.clear = now
	}
	v.clear = v.clear.Add(v.pause())
}

// save has connections in vain take longer to be paid for, or as long as before. Their
// number stays.
func (v *vain) save(now time.Time, dear bool) {
	if dear == v.dear {
		return
	}
	n := v.count(now)
	v.dear = dear
	v.clear = now.Add(time.Duration(n) * v.pause())
}
