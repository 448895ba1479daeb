package nat

import "time"

// How long a rung is tried before the next one is as well (time). A direct connection
// takes one round trip: 250 ms is what RFC 8305 gives IPv6 over IPv4, twice that spares
// most far hosts a PUSH they would get for nothing. A push and a hole take seven round trips at
// most before the first byte, which at 400 ms each is 3 s. What worked last is known to.
const (
	direct6HeadStart = 250 * time.Millisecond
	direct4HeadStart = 500 * time.Millisecond
	pushHeadStart    = 3 * time.Second
	punchHeadStart   = 3 * time.Second
	relayHeadStart   = 3 * time.Second
)

// How long something is remembered (time). What failed comes after what did not: for as
// long as a router or a servent takes to come back. What worked goes first: the direct
// way for an hour, help by others for ten minutes, so that a better way is tried again.
const (
	failedLifetime = 5 * time.Minute
	directLifetime = time.Hour
	helpLifetime   = 10 * time.Minute
)

const (
	// MaxPeers is of how many peers it is remembered what worked (count): as many as two
	// full downloads have sources. With MaxAttempts and maxReason that is 1 MiB.
	MaxPeers = 512

	// MaxAttempts is how many attempts at one peer are remembered (count): two at each
	// rung.
	MaxAttempts = 2 * int(rungs)

	// maxReason is how much of an error is remembered, in bytes.
	maxReason = 200

	// maxHelpers is how many push proxies and relays of one peer, and push proxies that pass on
	// words, are remembered (count).
	maxHelpers = 8
)

// What dials are held to. A router keeps an entry for one that nobody answers for
// endedLifetime, and old ones have tables of 1,024: burst and pause allow 992 in that time.
// Who answers does so within a round trip or not at all, so that 64 at once (count) hold up
// nothing but dials in vain: of these, which last 10 s, they allow 6 a second.
const (
	dialBurst  = 32
	dialPause  = time.Second / 4
	maxOpening = 64
)

// networkBits6 is what tells networks of IPv6 apart (bits): addresses change within.
const networkBits6 = 64

// What all of a node is held to in the table of its router. Old ones have room for 1,024
// (count), and forget UDP two minutes after the last datagram (RFC 4787, REQ-5; Linux
// takes 30 s to 2 min), and TCP four minutes after its end, or after a SYN that nobody
// answered (RFC 5382, REQ-5; Linux takes 2 min). keptEntries (count) are for links to neighbors alone, so that transfers and
// datagrams do not cut the node off. Who waits for room looks every entryPause; what goes
// to and fro between the same two is looked at as often.
const (
	maxEntries    = 1024
	keptEntries   = 128
	entryLifetime = 2 * time.Minute // of UDP
	endedLifetime = 4 * time.Minute // of TCP that is over
	entryPause    = time.Second
)

// What a node may send in an hour while nobody asks it anything, in bytes. It is counted by
// minutes.
const (
	MaxUpkeep     = 1_000_000
	upkeepMinutes = 60
)
