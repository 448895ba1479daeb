package socket

import "time"

// maxDatagram is the longest datagram taken, in bytes: more than any MTU carries,
// and what the overlay reads at most. Longer ones are dropped.
const maxDatagram = 2048

// What waits in a view for its reader. What comes when it is full is dropped: the
// older ones are nearer to their answer.
const (
	// A burst of a few hundred hits; the bytes of Linux's net.core.rmem_default.
	gnutellaDatagrams = 1024
	gnutellaBytes     = 208 << 10

	// A transaction is one datagram of about 100 bytes; a burst is a flood.
	stunDatagrams = 256
	stunBytes     = 32 << 10

	// A tenth of a second at 30 MB/s: the reader of QUIC is fast, the scheduler is not.
	quicDatagrams = 2048
	quicBytes     = 3 << 20
)

// keptBuffers is how many buffers of maxDatagram a view keeps for the next burst, at
// most: new ones take as long as all the rest.
const keptBuffers = 256

// Whom STUN and QUIC wrote to is remembered for sentLifetime, at most twice as long: NATs
// forget a mapping of UDP after five minutes at the latest (RFC 4787 asks for two). Of
// sentHosts (count) at most, twice as many; with more, everybody may be one. Writes to one
// address that follow one another within sentPause are noted once.
const (
	sentLifetime = 5 * time.Minute
	sentHosts    = 4096
	sentPause    = time.Second
)
