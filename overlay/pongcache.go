package overlay

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"filbert/overlay/wire"
)

// pongCache keeps the newest pongs, one of a host, to answer pings with.
type pongCache struct {
	list []cachedPong // oldest first
}

type cachedPong struct {
	pong wire.Pong
	hops wire.Hops // as it is passed on
	at   time.Time
}

// add keeps a pong in place of an older one of the same host, or of the oldest
// of all.
func (pc *pongCache) add(now time.Time, p cachedPong) {
	p.at = now
	keep := pc.list[:0]
	for i := range pc.list {
		if old := &pc.list[i]; old.pong.Addr != p.pong.Addr && now.Sub(old.at) < pongLifetime {
			keep = append(keep, *old)
		}
	}
	if len(keep) == pongCacheSize {
		keep = keep[:copy(keep, keep[1:])]
	}
	pc.list = append(keep, p)
}

// pick returns up to most pongs of hosts that suit: near and far ones in turn,
// so that the asker learns of more than one neighborhood.
func (pc *pongCache) pick(now time.Time, most int, rnd *rand.Rand, suits func(netip.AddrPort) bool) []*cachedPong {
	var near, far []*cachedPong
	for _, i := range rnd.Perm(len(pc.list)) {
		p := &pc.list[i]
		switch {
		case now.Sub(p.at) >= pongLifetime || !suits(p.pong.Addr):
		case p.hops <= 1:
			near = append(near, p)
		default:
			far = append(far, p)
		}
	}
	var out []*cachedPong
	for len(out) < most && len(near)+len(far) > 0 {
		if len(near) > 0 {
			out, near = append(out, near[0]), near[1:]
		}
		if len(far) > 0 && len(out) < most {
			out, far = append(out, far[0]), far[1:]
		}
	}
	return out
}
