package flood

import (
	"sync"
	"time"

	"filbert/overlay"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
)

// Vouching verifies who vouches for hits, as many in a second as vouchRate; the others are
// taken as if nobody did. It may be used by several goroutines.
type Vouching struct {
	mu    sync.Mutex
	used  float64 // of vouchBurst
	at    time.Time
	stats VouchStats
}

// VouchStats counts hits that somebody was said to vouch for.
type VouchStats struct {
	Good      uint64 // he did
	Wrong     uint64 // he did not: forged, changed on the way, or of another servent
	Unchecked uint64 // too many at once
}

// Stats is a copy of the counters.
func (v *Vouching) Stats() VouchStats {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stats
}

// of is the peer that vouches for a hit, if one does.
func (v *Vouching) of(hit *overlay.Hit) (peer identity.PeerID, ok bool) {
	said, told := hit.Trailer.Vouched()
	if v == nil || !told {
		return peer, false
	}
	count := &v.stats.Unchecked
	if v.may(time.Now()) {
		count = &v.stats.Wrong
		id := identity.PeerID(said.Peer)
		if hit.Servent == id.GUID() && id.Signed(wire.AppendSigned(nil, hit.Servent, hit.Records), said.Signature[:]) {
			peer, ok, count = id, true, &v.stats.Good
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	*count++
	return peer, ok
}

// may reports whether there is time for one more.
func (v *Vouching) may(now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if passed := now.Sub(v.at).Seconds(); passed > 0 {
		v.used = max(0, v.used-passed*vouchRate)
	}
	v.at = now
	if v.used+1 > vouchBurst {
		return false
	}
	v.used++
	return true
}
