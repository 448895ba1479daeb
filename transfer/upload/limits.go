package upload

import "time"

// Requests.
const (
	// maxHeader is the largest head of a request, in bytes, and maxHeaderLines
	// the most header lines in it. gtk-gnutella refuses beyond the same figures.
	maxHeader      = 16 << 10
	maxHeaderLines = 128

	// requestTimeout bounds the time from the start of a connection, or from the
	// first bytes of a further request, to the end of the request: its head, and
	// the body that is refused. It is absolute: sending a byte now and then gains
	// nothing.
	requestTimeout = 10 * time.Second

	// idleTimeout ends a connection without a further request. gtk-gnutella
	// gives up after the same time.
	idleTimeout = 90 * time.Second

	// maxErrors is how many refusals in a row a connection survives (count), as
	// in gtk-gnutella.
	maxErrors = 10
)

// Connections.
const (
	// maxConns and defaultConnsPerHost bound the open connections (count), beside
	// which those of the overlay must have room: at some 12 KiB each, 6 MiB.
	// A host is an IPv4 address or an IPv6 /56, which is what one customer gets.
	maxConns            = 512
	defaultConnsPerHost = 8
)

// Sending.
const (
	// pieceSize is how many bytes are sent between two looks at the file and at
	// the clock, and maxPiece how many after a piece that took less than quickTime.
	pieceSize = 256 << 10
	maxPiece  = 1 << 20
	quickTime = 10 * time.Millisecond

	// partialPiece is how many bytes of a file that is arriving are read and sent at
	// a time, and maxAvailable how many pieces of it are named in an answer (count):
	// some 1.5 KiB.
	partialPiece = 64 << 10
	maxAvailable = 64

	// smallSpan is the largest answer that is read at once instead of being sent by
	// sendfile, and corkSpan the largest that leaves in one piece with its head (bytes):
	// beyond, the calls saved cost more in copying.
	smallSpan = 64 << 10
	corkSpan  = 16 << 10

	// maxWant is the longest header that lets us choose (bytes), some 60 ranges, and
	// manySlices the size of a file from which on we do (bytes): below, it has few
	// slices. maxGiven is of how many files it is known what was given most often
	// (count), at 16 KiB each.
	maxWant    = 2 << 10
	manySlices = 1 << 20
	maxGiven   = 64

	// notYetRetry is what a host is told to wait for bytes that are not here yet.
	notYetRetry = 10 * time.Second

	// stallTimeout is how long one piece may take. Below 1.5 kB/s a slot is lost;
	// gtk-gnutella ends a transfer after as long without any progress.
	stallTimeout = 180 * time.Second

	// minRate is what a peer takes at least while others wait (bytes per second), as
	// far as it is asked for it: a piece is given slowTime at least (time).
	minRate  = 4 << 10
	slowTime = 30 * time.Second

	// shortSpan is an answer that is over soon (bytes): one who is not in line gets it
	// from a slot that nobody of the line takes just now.
	shortSpan = 256 << 10

	// maxShare is the most that a servent gets in one answer while others wait
	// (bytes): the largest chunk gtk-gnutella asks for.
	maxShare = 10 << 20

	// changedRetry is what a host is told to wait for a file that is being hashed
	// again.
	changedRetry = 60 * time.Second
)

// laneSlots is how many small files are sent at a time beside those that have slots
// (count).
const laneSlots = 2

// maxAgent is how much of a peer's User-Agent is kept, in bytes.
const maxAgent = 128

// Defaults of Config.
const (
	defaultSlots           = 4 // as gtk-gnutella
	defaultSlotsPerHost    = 2
	defaultSlotsPerNetwork = 3 // THREATS T7
)
