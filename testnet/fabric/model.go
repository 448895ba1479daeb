package fabric

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Link is the way from one host to another; the way back is another link.
type Link struct{ From, To netip.Addr }

// Draw is the lot of one segment or datagram: a function of the seed, the link and how many passed the link before.
// What happens on one link therefore never depends on the traffic of another.
type Draw struct {
	Link
	N uint64 // counts the segments and datagrams of the link, from 0

	pair, single uint64
}

// Pair returns a number in [0,1) that is the same for every segment in both directions between two hosts.
func (d Draw) Pair() float64 { return unit(d.pair) }

// Single returns a number in [0,1) that belongs to this segment, for this purpose (latency, bandwidth or loss).
func (d Draw) Single() float64 { return unit(d.single) }

// Internet is a latency of 10 to 150 ms between two hosts, and up to a tenth of that more for a single segment.
func Internet(d Draw) time.Duration {
	base := 10*time.Millisecond + fraction(d.Pair(), 140*time.Millisecond)
	return base + fraction(d.Single(), base/10)
}

// Constant is the same latency for everything.
func Constant(latency time.Duration) func(Draw) time.Duration {
	return func(Draw) time.Duration { return latency }
}

// Uniform is a latency between low and high for each segment: datagrams overtake one another.
func Uniform(low, high time.Duration) func(Draw) time.Duration {
	return func(d Draw) time.Duration { return low + fraction(d.Single(), high-low) }
}

// LossRate loses each datagram with a probability of rate.
func LossRate(rate float64) func(Draw) bool {
	return func(d Draw) bool { return d.Single() < rate }
}

// Rate gives every link the same bandwidth in bytes/s.
func Rate(bytesPerSecond int64) func(Draw) int64 {
	return func(Draw) int64 { return bytesPerSecond }
}

// Purposes of a draw, so that a lost datagram is not also always a fast one.
const (
	forLatency = 1 + iota
	forBandwidth
	forLoss
)

// link is the state of a Link: how much passed, and until when.
type link struct {
	Link
	realm     *NAT // the box that both ends are behind, if any
	pair, key uint64
	n         uint64        // segments and datagrams so far
	free      time.Duration // when all of them have left, if there is a bandwidth
}

func newLink(seed uint64, from, to netip.Addr) *link {
	low, high := from, to
	if high.Less(low) {
		low, high = high, low
	}
	return &link{
		Link: Link{from, to},
		pair: mixAddr(mixAddr(mix(seed), low), high),
		key:  mixAddr(mixAddr(mix(seed+1), from), to),
	}
}

// draw returns the lot of the segment that passes the link as the nth.
func (l *link) draw(n, purpose uint64) Draw {
	return Draw{Link: l.Link, N: n, pair: l.pair, single: mix(mix(l.key+n) + purpose)}
}

// enter lets size bytes, headers included, enter the link at now, unless they would wait longer than patience for
// others to leave. It returns their number on the link and when they arrive. Nothing delays what a host sends itself.
func (l *link) enter(cfg *Config, now time.Duration, size int, patience time.Duration) (n uint64, arrival time.Duration, ok bool) {
	n = l.n
	l.n++
	if l.From == l.To {
		return n, now, true
	}
	leaves := now
	if cfg.Bandwidth != nil {
		if rate := cfg.Bandwidth(l.draw(n, forBandwidth)); rate > 0 {
			begins := max(now, l.free)
			if begins-now > patience {
				return n, now, false
			}
			leaves = begins + time.Duration(float64(size)/float64(rate)*float64(time.Second))
			l.free = leaves
		}
	}
	return n, leaves + max(0, cfg.Latency(l.draw(n, forLatency))), true
}

// fraction returns the share x in [0,1) of d.
func fraction(x float64, d time.Duration) time.Duration { return time.Duration(x * float64(d)) }

// mix is the finalizer of SplitMix64: a bijection that spreads every bit of x.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// mixAddr folds an address into a hash.
func mixAddr(h uint64, a netip.Addr) uint64 {
	b := a.As16()
	return mix(mix(h^binary.BigEndian.Uint64(b[:8])) ^ binary.BigEndian.Uint64(b[8:]))
}

// unit maps 64 random bits to [0,1).
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
