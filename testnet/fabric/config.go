package fabric

import (
	"fmt"
	"time"
)

// Config describes a simulated internet. The zero value is one without loss and with unlimited bandwidth, on which
// hosts are 10 to 150 ms apart.
//
// Latency, Bandwidth and Loss are called with the lock of the Net held: they must be pure functions of the [Draw].
type Config struct {
	// Seed decides everything the fabric leaves to chance.
	Seed uint64

	// Latency is how long a segment or datagram travels. Nil is [Internet].
	Latency func(Draw) time.Duration

	// Bandwidth is what the link takes at this segment, in bytes/s, headers included; 0 is unlimited, as is nil.
	Bandwidth func(Draw) int64

	// Loss tells whether a datagram gets lost. Nil is never. TCP has no loss, only delay.
	Loss func(Draw) bool

	// MTU is the largest IP packet, in bytes; 0 is 1500. A larger datagram vanishes on its way, as it does on the
	// many real paths that pass no fragments. TCP cuts its segments without regard to it.
	MTU int

	// Segment is the most payload of one TCP segment, in bytes; 0, and the most, is 64 KiB. A small value gives
	// readers their bytes in small pieces.
	Segment int

	// Settle waits until every other goroutine is idle: bubble.Wait in a bubble. Nil in real time, where the order
	// of events is not reproducible.
	Settle func()

	// Keep is how many of the last events the trace keeps for its dump, at most 2^20.
	Keep int

	// Replay is the command that repeats this run, printed in the dump of the trace.
	Replay string
}

// withDefaults fills in what the zero value means.
func (c Config) withDefaults() Config {
	if c.Latency == nil {
		c.Latency = Internet
	}
	if c.MTU <= 0 {
		c.MTU = defaultMTU
	}
	if c.Segment <= 0 {
		c.Segment = maxSegment
	}
	if c.Settle == nil {
		c.Settle = func() {}
	}
	if c.Replay == "" {
		c.Replay = fmt.Sprintf("run again with Config.Seed %d", c.Seed)
	}
	c.Segment = min(c.Segment, maxSegment)
	c.Keep = min(max(c.Keep, 0), maxKeep)
	return c
}
