package nat

import "time"

// bucket is a budget of dials: burst at once, and one more each pause. Those who take
// more have to wait.
type bucket struct {
	burst int
	pause time.Duration
	free  time.Time // when it was, or will be, full again
}

// take takes a dial, and returns how long to wait before it.
func (b *bucket) take(now time.Time) time.Duration {
	if b.free.Before(now) {
		b.free = now
	}
	b.free = b.free.Add(b.pause)
	return max(0, b.free.Sub(now)-time.Duration(b.burst)*b.pause)
}

// back gives back a dial that was not made.
func (b *bucket) back() { b.free = b.free.Add(-b.pause) }
