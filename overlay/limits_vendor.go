package overlay

import "time"

// Bounds of what others can have us send to addresses they name (THREATS: the
// network must not be an engine of floods).
const (
	// minCallPort is the lowest port that is called: those below are of services,
	// where no servent listens.
	minCallPort = 1024

	// callWindow, callsPerAddr and callsPerNet bound how often one address and
	// one /24 (IPv6: /48) are called; callsPerSecond bounds calls to all. No
	// address gets more than six in a minute.
	callWindow     = 30 * time.Second
	callsPerAddr   = 3
	callsPerNet    = 3
	callsPerSecond = 10

	// redirectWindow is the least time between two calls of one address in the
	// name of others.
	redirectWindow = time.Minute

	// callDead is how long an address that did not answer is left alone, as in
	// gtk-gnutella; maxDead bounds how many of them are remembered.
	callDead = 500 * time.Second
	maxDead  = 256

	// privateBits4 and privateBits6 are how much two private addresses must have
	// in common to be of one network, in bits.
	privateBits4 = 16
	privateBits6 = 48

	// maxProbing is how many probes are under way at once (count): they are
	// short.
	maxProbing = 16
)

// Bounds of what is known of our own reach.
const (
	// reachLifetime is how long a sign of being open is believed, as in
	// gtk-gnutella.
	reachLifetime = 30 * time.Minute

	// reachPeriod is the time between two looks whether a sign is wanted,
	// reachTests how many neighbors are asked for it then, reachTestsLost how
	// many when a port that was open is no more believed to be.
	reachPeriod    = time.Minute
	reachTests     = 2
	reachTestsLost = 10

	// announceLifetime is how long a ping that was asked for is waited for,
	// maxAnnounced how many are at once.
	announceLifetime = time.Minute
	maxAnnounced     = 32
)

// Bounds of push proxies, pushes and head pings.
const (
	// proxyDelay is how long a link stands before its other end is asked to be
	// our push proxy: tests whether we need one answer within seconds.
	// proxyPause is the time before one that did not answer is asked again.
	proxyDelay = 5 * time.Second
	proxyPause = time.Minute

	// pushTTL is the TTL of pushes of ours: as far as any hit came.
	pushTTL = 7

	// headLifetime is how long the answer to a head ping that was passed on is
	// waited for, maxHeads how many are at once, as in gtk-gnutella.
	headLifetime = 30 * time.Second
	maxHeads     = 1024

	// hsepLevels is how many hops a horizon is counted in, hsepPeriod how often a
	// neighbor is told of it at most. As gtk-gnutella.
	hsepLevels = 7
	hsepPeriod = 30 * time.Second
)
