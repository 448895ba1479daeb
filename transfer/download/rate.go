package download

import (
	"math"
	"time"
)

// meter takes the rate of a transfer over the last rateWindow, in steps of a
// second. The zero meter is ready; time starts with its first use.
type meter struct {
	begin time.Time
	step  int64                             // of the newest count, since begin
	count [rateWindow/time.Second + 1]int64 // bytes by step, as a ring
}

// add counts n bytes that arrived.
func (m *meter) add(now time.Time, n int64) {
	m.advance(now)
	m.count[m.step%int64(len(m.count))] += n
}

// rate is the bytes per second of late, 0 at the start.
func (m *meter) rate(now time.Time) int64 {
	m.advance(now)
	sum := int64(0)
	for _, n := range m.count {
		sum += n
	}
	over := min(now.Sub(m.begin), rateWindow+now.Sub(m.begin)%time.Second)
	return int64(float64(sum) / max(over, time.Second).Seconds())
}

// advance clears the steps that passed since the last use.
func (m *meter) advance(now time.Time) {
	if m.begin.IsZero() {
		m.begin = now
	}
	step := max(m.step, int64(now.Sub(m.begin)/time.Second))
	for i := range min(step-m.step, int64(len(m.count))) {
		m.count[(step-i)%int64(len(m.count))] = 0
	}
	m.step = step
}

// pace is the rate of one source over the last second or so, while it has
// something to do: what was long ago counts less and less.
type pace struct {
	last           time.Time
	bytes, seconds float64
}

// begin starts the time: what was before it was no work.
func (p *pace) begin(now time.Time) { p.last = now }

// add counts n bytes that arrived since the last call.
func (p *pace) add(now time.Time, n int64) {
	passed := now.Sub(p.last).Seconds()
	faded := math.Exp(-passed / paceTime.Seconds())
	p.bytes, p.seconds, p.last = p.bytes*faded+float64(n), p.seconds*faded+passed, now
}

// rate is the bytes per second of late, 0 if there were none.
func (p *pace) rate() int64 { return int64(p.bytes / max(p.seconds, minPace.Seconds())) }

// eta is how long the missing bytes take at the given rate, 0 if unknown.
func eta(missing, rate int64) time.Duration {
	if rate <= 0 || missing <= 0 {
		return 0
	}
	const longest = 1000 * time.Hour
	return time.Duration(min(float64(missing)/float64(rate), longest.Seconds()) * float64(time.Second))
}
