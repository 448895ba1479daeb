package crawl

import "time"

// Bounds of a crawl.
const (
	// defaultMax is how many hosts are visited when the user does not say,
	// maxVisits the most that may be asked for.
	defaultMax = 10_000
	maxVisits  = 200_000

	// maxNodes and maxEdges bound the map: leaves are on it too, and a host of
	// bad will tells of thousands.
	maxNodes = 1_000_000
	maxEdges = 4_000_000

	// defaultParallel is how many hosts are visited at once, maxParallel the
	// most that may be asked for.
	defaultParallel = 16
	maxParallel     = 256

	// maxListed is how many neighbors of each role are taken from one host;
	// servents have some hundred leaves.
	maxListed = 1000
)

// Bounds of one visit.
const (
	// dialTimeout bounds the opening of a connection, helloTimeout the handshake
	// on it.
	dialTimeout  = 8 * time.Second
	helloTimeout = 10 * time.Second

	// pongWait is how long pongs are waited for in all, pongQuiet how long after
	// the last one. They come at once, one after the other.
	pongWait  = 6 * time.Second
	pongQuiet = time.Second

	// datagramWait is how long the answer to a crawler ping is waited for.
	datagramWait = 3 * time.Second

	// maxFirstLine, maxBlock and maxLines bound the header block of an answer,
	// as in package handshake. Lists of leaves are long.
	maxFirstLine = 1024
	maxBlock     = 32 << 10
	maxLines     = 128

	// maxDatagram is the longest datagram that is read, in bytes: that of UDP,
	// for a list of all neighbors may be fragmented.
	maxDatagram = 64 << 10

	// maxAgents bounds the inflated list of agents in bytes.
	maxAgents = 64 << 10

	// maxText cuts names and errors that are kept, in bytes.
	maxText = 128
)
