package bench

import (
	"time"

	"filbert/overlay/wire"
)

// target is the least share of the bare relay's throughput that a filbert relay
// is to reach.
const target = 0.2

// Queries leave the load as if made there. Four links is what filbert lets a
// query travel by default, so nothing is clamped.
const (
	sentTTL  wire.TTL  = 4
	sentHops wire.Hops = 0
)

// freeWindow is how many times the window a second bare relay gets, to show what
// it can do at best: throughput grows with the window up to about that, because
// batches do, and the bare relay loses nothing whatever the window.
const freeWindow = 8

const (
	// stallAfter is how long a sender waits for copies before it takes them for
	// lost and goes on: far beyond any latency of a loopback connection.
	stallAfter = 3 * time.Second

	// connectTimeout bounds the start of a relay and the handshakes with it.
	connectTimeout = 10 * time.Second

	// exitTimeout is how long a relay may take to end before it is killed.
	exitTimeout = 10 * time.Second

	// lightSpell is the longest spell of light load after a run.
	lightSpell = time.Second
)
