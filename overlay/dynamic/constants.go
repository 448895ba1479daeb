package dynamic

import "time"

// How many hits a query is for; as gtk-gnutella.
const (
	ownTarget  = 150
	leafTarget = 50 // per ultrapeer, of the few a leaf asks

	// urnShare divides the target of a query for a URN: its hits are all of the
	// same file, and a few sources are enough.
	urnShare = 25

	// leafSpread is among how many ultrapeers a leaf is taken to spread its
	// queries: what it kept came from all of them.
	leafSpread = 3
)

// The probe.
const (
	probes = 3 // neighbors asked at once, least loaded first

	// commonMatches and plentyMatches are how many matching neighbors make
	// something common: with more than that the probe goes one hop less, and
	// another one.
	commonMatches = 3 * probes
	plentyMatches = 6 * probes

	// sampleShare is what part of the target, one in so many, our own leaves that
	// match must be to tell something about those of others.
	sampleShare = 20

	probeWait = 1500 * time.Millisecond // for each probe, beyond stepWait
)

// The waits between steps. They and probeWait are those of the longest Pace, and
// shorter in proportion at others; how long a queue is waited for is not.
const (
	stepWait  = 3700 * time.Millisecond
	leastWait = 1500 * time.Millisecond

	// hurry shortens the wait with every step while hits are rare: fewer than
	// rareHits in each rareHosts hosts, beyond the first rareHosts.
	hurry     = 100 * time.Millisecond
	rareHits  = 10
	rareHosts = 3000

	// queuedWait is added for each query beyond the first that still waits in
	// the queue of its link. With maxQueued of them nobody else is asked.
	queuedWait = 1200 * time.Millisecond
	maxQueued  = 3

	// lingerWait is the time between two looks for neighbors that came, when all
	// others were asked.
	lingerWait = time.Second

	// queuedMost is how long a query is taken to wait in a queue that never
	// runs empty: others have taken its place by then.
	queuedMost = 10 * time.Second
)

// The horizon.
const (
	// defaultDegree is how many ultrapeer neighbors a servent has that tells
	// none, and maxDegree what is believed of one that tells many.
	defaultDegree = 8
	maxDegree     = 50

	// hopLoss is the share of hosts that a query reaches at each further hop of
	// those it would reach in a tree: cycles and full queues take the rest.
	hopLoss = 0.8

	// leastRate is the share of hosts taken to have an answer while none came.
	leastRate = 1e-6
)

// queueGrain is the difference between queues that counts, in bytes: smaller
// ones are alike.
const queueGrain = 2048

// Guidance by the leaf.
const (
	// A leaf is asked after statusSteps further neighbors, if statusHits hits
	// came meanwhile or its hits do not come this way.
	statusSteps = 3
	statusHits  = 20

	statusWait  = 40 * time.Second // for the leaf's answer
	statusTries = 2                // answers missed before it is asked no more

	// stopKept is what a leaf says to end its query, instead of a number.
	stopKept = 0xFFFF
)
