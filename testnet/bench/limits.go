package bench

import "filbert/overlay/wire"

const (
	// maxConnections is how many links a node takes by default.
	maxConnections = 32

	// maxLeaves is how many leaves a node serves by default.
	maxLeaves = 300

	// connectAtOnce is how many connections are being opened at a time: less
	// than the 128 that a node lets be before their first line (package node).
	connectAtOnce = 32

	// minSize and maxSize bound a message in bytes, header included: a query
	// has room for flags, its name and a NUL, and filbert relays no payload
	// above wire.SoftQuery.
	minSize = wire.HeaderLen + 2 + nameLen + 1
	maxSize = wire.HeaderLen + wire.SoftQuery

	// minGroupSize is the least size of a message for a group of leaves: its
	// words have four letters.
	minGroupSize = minSize + wordsOfGroup*5

	// maxWindow bounds the messages of one sender that are on their way; their
	// send times are remembered.
	maxWindow = 1 << 14

	// linkQueue is the bound of the queue in front of a link of filbert, in
	// bytes (package overlay/link). The default window keeps all that can be on
	// its way to one connection below it, so that nothing has to be dropped.
	linkQueue = 96 << 10

	// maxRate bounds the light load, in messages per second.
	maxRate = 100_000

	// maxRuns bounds the runs of one relay.
	maxRuns = 1000
)

// Bounds of the bare relay, in bytes except bareHorizon.
const (
	// bareRead is the read buffer of a connection.
	bareRead = 128 << 10

	// barePending is what may wait for a connection before those who have more
	// for it wait too.
	barePending = 256 << 10

	// bareHello bounds a handshake.
	bareHello = 4 << 10

	// bareHorizon is how many GUIDs are remembered: as many as the two
	// generations of filbert's query routes hold.
	bareHorizon = 1 << 18
)
