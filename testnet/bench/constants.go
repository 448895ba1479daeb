package bench

import (
	"time"

	"filbert/overlay/wire"
)

// target is the least share of the bare relay's throughput that a filbert relay
// is to reach.
const target = 0.2

// paceReached is the least share of the rate asked for that must have been sent
// for CaseRate to mean anything.
const paceReached = 0.99

// residentBound is what a node may hold in memory with all its neighbors and
// leaves, in bytes, code and what the collector has not returned included.
const residentBound = 160 << 20

// idleRuns is how many runs' time nothing is said for before the memory of a node
// is looked at. With the default that is longer than the 5 s after which a node
// joins its leaves' tables (package overlay).
const idleRuns = 2

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

// pingGUID is that of the pings by which the load asks whether the relay has
// taken what was sent.
var pingGUID = wire.GUID{0: 1, 8: 0xFF, 9: 'a'}

// A paced load sends what is due every paceTick, and catches up with no more than
// paceBurst ticks' worth at once.
const (
	paceTick  = time.Millisecond
	paceBurst = 4
)

// Route tables of leaves.
const (
	// fillShare is the share of slots that are set, one in so many: up to that
	// others make their tables no larger (package qrp).
	fillShare = 100

	// leafGroups is how many groups leaves are divided into. A query is for one
	// of them, so it matches 1 % of the leaves.
	leafGroups = 100

	// leafBits is the size of a leaf's table, 2^16 slots: that of a servent that
	// shares a few hundred files.
	leafBits = 16

	// wordSeed begins the words and tables of the leaves: they are the same in
	// every run.
	wordSeed = 15
)

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
