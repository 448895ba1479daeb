package download

import "time"

// HTTP as servents speak it.
const (
	pathN2R    = "/uri-res/N2R" // HUGE 0.94 §3.1, then "?urn:sha1:..."
	headerURN  = "X-Gnutella-Content-URN"
	headerURNs = "X-Content-URN" // of Shareaza: a comma list
	pathN2X    = "/uri-res/N2X"  // THEX §4: the Tiger tree of a file
	pathN2B    = "/uri-res/N2B"  // ours: the nodes of its BLAKE3 tree
	headerThex = "X-Thex-URI"    // "<path>?<urn>;<root>"
	headerTree = "X-Tree-URI"    // the same, ours

	headerQueue  = "X-Queue"  // what we understand of queues; the place of older servents
	headerQueued = "X-Queued" // our place (PARQ 1.0)
	queueVersion = "1.0"

	headerAvailable = "X-Available-Ranges" // PFSP: the bytes a source has that is fetching the file itself
	agentName       = "filbert/"
	agentGtkg       = "gtk-gnutella/"

	headerFeatures    = "X-Features"
	featureFirewalled = "fwalt/0.1" // we take sources that cannot be connected to

	headerWant  = "X-Want" // ours: what a source may give instead of the range we ask for
	featureWant = "want"   // in X-Features of a source that chooses of it

	statusTooOften  = 429 // RFC 6585 §4
	defaultBusyWait = time.Minute
)

const (
	// chunkBytes is how much is asked for at once (bytes): the largest chunk
	// gtk-gnutella asks for. A source may send less.
	chunkBytes = 10 << 20

	// firstBytes is how much is asked for of a source whose rate is not known, and
	// minBytes the least that is asked for (bytes).
	// gtk-gnutella asks for 512 KiB at least.
	firstBytes = 16 << 20
	minBytes   = 512 << 10

	// A source without work takes over splitBytes at least (bytes), of one that
	// still needs worthTime for its part: the other ends its connection over that.
	splitBytes = 64 << 10
	worthTime  = 100 * time.Millisecond

	// stuckTime is how long a source may send nothing before one without work
	// takes over all of its part (time).
	stuckTime = time.Second

	// fasterBy is how many times as fast a source must be to take over the last slice
	// of one that gives little by little (count). Not where others fetch the file too:
	// who gives to several is slower by their number.
	fasterBy = 16

	// pauseBytes is how much a source gives between two pauses that are no silence, at
	// the rate it gave at so far (bytes): some pieces of those who share a slow link.
	pauseBytes = 2 << 10

	// lineTime is how long a source that gives others the file too may take until it
	// answers (time): questions wait for a slot for queue.HoldTime, 7 s, and then for the
	// first piece.
	lineTime = 10 * time.Second

	// aheadTime is how long what a source is asked for should take (time): long
	// enough for the pauses between not to show, short enough to notice when it
	// becomes slow.
	aheadTime = 8 * time.Second

	// maxBytes is the most that is asked for at once where slices are verified
	// (bytes); what arrived is safe then, whatever happens after.
	maxBytes = 64 << 20

	// Where a file is fetched in order a source is asked for inOrderTime of work (time).
	// Within readAhead of the first missing byte (bytes), another takes over from one
	// that turns out to need longer.
	readAhead   = 16 << 20
	inOrderTime = 2 * time.Second

	// manyFrom is the size of a file from which on it is worth several sources
	// and a hash tree (bytes). Below, it is fetched again if it is wrong.
	manyFrom = 1 << 20

	// probeBytes is how much the first source of a file is asked for when it is
	// not known yet what to verify it by (bytes): it is held back until then.
	probeBytes = 64 << 10

	// batchBytes is the most that is verified and written at a time, unless a
	// slice is larger (bytes), and batchTime the longest that should take to come
	// (time): what is on its way cannot be left to another.
	batchBytes = 1 << 20
	batchTime  = 100 * time.Millisecond

	// maxBlocks is how many of these a worker has (count): one that is filled, two
	// that are written or wait for it, and those that are hashed meanwhile.
	maxBlocks = 5

	// Sources that wait for our limit for more than strainMost of the time that they give
	// (a part, over strainTime of the past) are too many, if they are more than
	// enoughSources (count): so many get a slot each from a servent at a time.
	strainMost    = 0.5
	strainTime    = 4 * time.Second
	enoughSources = 4

	// readBytes is the length of one read from a source (bytes): past this the
	// cost of the calls does not show.
	readBytes = 256 << 10

	// progressEvery is how often the status of a download that is running
	// changes (time): often enough for a bar.
	progressEvery = 250 * time.Millisecond

	// rateWindow is over how much of the past the rate is taken (time).
	rateWindow = 10 * time.Second

	// firstAsk is after how long a source that makes us wait is asked again who else has
	// the file, and then after twice as long, up to lastAsk (time).
	firstAsk = 5 * time.Second
	lastAsk  = time.Minute

	// findEvery is the time from one search for sources of a file to the next, and then
	// twice as long, up to findLast, until something of it came or a new source did.
	findEvery = 5 * time.Minute
	findLast  = time.Hour
)
