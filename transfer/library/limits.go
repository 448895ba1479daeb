package library

import "time"

const (
	// maxEntries bounds the files of one library (count). Indexes and memory are
	// laid out for a million; what is found beyond is reported, not shared.
	maxEntries = 1 << 20

	// maxDepth bounds how deep folders are walked (levels below the share). The
	// paths of Linux end at 4096 bytes; nobody reaches half of this by hand.
	maxDepth = 64

	// maxGone is how many hashes of files no longer shared are remembered, so
	// that a peer is told 410 instead of 404 (count; 20 bytes each).
	maxGone = 4096

	// maxProblems is how many unreadable paths of one share are named in its
	// status; the rest is counted.
	maxProblems = 32

	// maxWatches bounds the folders that are watched (count). Many systems give
	// a user 8192 watches, for all programs together. Folders beyond are seen by
	// the periodic rescan.
	maxWatches = 4096

	// inboxLen is how many events may wait for the loop (count). Senders that
	// must not be lost wait for room; hints are dropped.
	inboxLen = 64
)

const (
	// hashBlock is the size of one read while hashing (bytes): large enough for
	// a disk, small enough that an end of the context is seen within a few
	// milliseconds.
	hashBlock = 256 << 10

	// yieldRate is how much is read to be hashed while transfers are under way (bytes
	// per second): a tenth of what an old disk gives.
	yieldRate = 8 << 20

	// yieldLook is how often a worker that waits looks whether they are over (time).
	yieldLook = time.Second

	// publishEvery is the shortest time between two snapshots, so that hashing
	// many small files does not copy the entries for each.
	publishEvery = 250 * time.Millisecond

	// scanShare is how many times as long as a scan of a share took the share is
	// left alone afterwards, if it changes all the time: a tenth of one core.
	scanShare = 10
)

const (
	// warnFiles and warnDepth are from where Check warns that more may be shared
	// than was meant (files, levels of folders). People share albums; a home
	// folder or a disk has more of both.
	warnFiles = 1000
	warnDepth = 4

	// sampleFiles is how many names Check shows.
	sampleFiles = 10
)

// Defaults of Config.
const (
	defaultWorkers = 1                // its three hashes take two cores
	defaultRescan  = 15 * time.Minute // what watching misses is found by then
	defaultQuiet   = 2 * time.Second  // the coarsest clock of a file system (FAT) ticks so
)
