package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
)

// vain bounds connections that nobody answers: routers remember each of them for two
// minutes, and a node whose known hosts are gone, or that is cut off, would go on for
// ever. maxVain are made in a row, and then one each vainPause.
type vain struct {
	clear time.Time // when all of them are paid for
	held  uint64    // times that somebody would have been dialed
}

// count is how many there were of late.
func (v *vain) count(now time.Time) int {
	return int((max(0, v.clear.Sub(now)) + vainPause - 1) / vainPause)
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
	if hostcache.Class(to).Local() {
		return
	}
	if v.clear.Before(now) {
		v.clear = now
	}
	v.clear = v.clear.Add(vainPause)
}
