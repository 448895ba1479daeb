package download

import "time"

const (
	// MaxDownloads is the most unfinished downloads at a time (count). Each has a
	// goroutine and a list of sources, but files and connections only while one
	// of DefaultTransfers.
	MaxDownloads = 1024

	// maxFinished is how many downloads that ended are remembered (count); the
	// one that ended first is forgotten first.
	maxFinished = 128

	// DefaultTransfers is how many downloads fetch, verify or write at the same
	// time (count), at three files and maxWorkers connections each.
	DefaultTransfers = 16

	// maxResting is how many files that wait for sources are kept open so that others
	// can have what is there (count), at three files each.
	maxResting = 64

	// MaxSources is the most sources one download knows (count), as many as
	// gtk-gnutella keeps per SHA-1. Any peer can announce any number.
	MaxSources = 256

	// maxParts is of how many sources the parts are looked at to find what is rare
	// (count): each has up to 64 pieces, and all are compared with all.
	maxParts = 32

	// MaxPeers is how many sources a status tells of, and MapCells how many cells
	// its map of the file has (count): as much as a screen shows.
	MaxPeers = 32
	MapCells = 256

	// MaxWants is how many waits for parts of one file have them fetched before the
	// others (count): two for each reader of a stream.
	MaxWants = 64

	// maxMeshSources is how many sources of the mesh one answer makes a download
	// take up (count).
	maxMeshSources = 32

	// maxWorkers is the most sources that are asked for one file at the same time
	// (count). Each has a connection and a buffer: a slice at least, batchBytes if
	// it is fast, so 16 MiB a file, unless its slices are larger.
	maxWorkers = 16

	// probers is how many sources are asked for a little each before it is known
	// whether there is a hash tree (count).
	probers = 4

	// paceTime is how long ago what a source gave counts a third of what it gives
	// now (time), minPace the shortest time its rate is taken over.
	paceTime = time.Second
	minPace  = 20 * time.Millisecond

	// partWait is how long a source rests that has none of the missing parts yet
	// (time), firstPartWait how long at first if it chooses what it gives.
	partWait      = 10 * time.Second
	firstPartWait = time.Second

	// satedWait is how long a source rests that there is no use for just now (time).
	satedWait = 2 * time.Second

	// overtakenWait is how long a source rests whose part another took over since
	// it sent nothing (time).
	overtakenWait = 10 * time.Second

	// maxSlice is the largest slice of a tree that is made use of (bytes): it is
	// held until it is verified. Tiger trees reach it at 16 GiB, BLAKE3 at 32.
	maxSlice = 4 << 20

	// maxAvailable is the longest list of available ranges that is read (bytes);
	// the head of an answer has twice that.
	maxAvailable = 8 << 10

	// maxAdoptPath is the longest path of a local file (bytes): PATH_MAX of Linux.
	// With the other terms it fits into a note of transfer/store.
	maxAdoptPath = 4096

	// maxOffer is of how many ranges a source is let choose (count): some 1.3 KiB.
	maxOffer = 64

	// maxPlace is the longest place in a queue that is read (bytes).
	maxPlace = 256

	// maxTreeURI is the longest name of a tree that is read (bytes).
	maxTreeURI = 256

	// maxHeaderBytes is the longest header of an answer (bytes), with what comes
	// of the body in the same read. Real ones, with alternate locations and
	// ranges, stay below 4 KiB.
	maxHeaderBytes = 16 << 10

	// maxInterim is how many interim answers (1xx) may come before the answer
	// (count), as in net/http.
	maxInterim = 5

	// maxSunkBytes is how much of an answer nobody wants is read so that the
	// connection can be kept (bytes), as gtk-gnutella does.
	maxSunkBytes = 16 << 10

	// sinkTime is how long a source may go on with what it chose in vain so that the
	// connection can be kept (time); after maxVain such answers in a row (count) it rests.
	sinkTime = 500 * time.Millisecond
	maxVain  = 4

	// connectTimeout is how long reaching a source may take (time), as in
	// LimeWire.
	connectTimeout = 10 * time.Second

	// stallTimeout is how long a source may send nothing, be it the header or
	// the next byte (time).
	stallTimeout = 30 * time.Second

	// A source that gives less than slowRate (bytes per second) over slowWindow
	// is left for another one, if there is one that may be asked.
	slowRate   = 2 << 10
	slowWindow = 30 * time.Second

	// minRetryAfter and maxRetryAfter bound what a source may tell us to wait
	// (time); gtk-gnutella honours up to an hour too.
	minRetryAfter = time.Second
	maxRetryAfter = time.Hour

	// firstBackoff is how long a source rests after it failed; each further
	// failure in a row doubles that up to maxBackoff (time).
	firstBackoff = 5 * time.Second
	maxBackoff   = 10 * time.Minute

	// maxFailures in a row, with no byte between, end the use of a source
	// (count): with the pauses above after some 20 min.
	maxFailures = 8

	// wasteShare: of a source that breaks off in the middle of a slice, again and
	// again, a sixteenth of what it gives may be for nothing. Beyond, it is asked
	// only when no better one is giving; so a bad one costs a slice, and no more than
	// that for each sixteen it gave.
	wasteShare = 16

	// liesToBar proven lies within barTime keep a host from being asked for anything
	// for barTime after the last (count, time); the three are those of THREATS T9. It is
	// an hour, since others may have the address next, or share it. maxBlamed is of how
	// many hosts lies are remembered (count): 4,096 at some 150 bytes.
	liesToBar = 3
	barTime   = time.Hour
	maxBlamed = 4096

	// littleShare: less than a sixteenth of a file is given away for another hash tree
	// as soon as more speak for that.
	littleShare = 16

	// maxReasonBytes is the longest reason for which a source is left (bytes):
	// parts of it may be the source's own words.
	maxReasonBytes = 256

	// maxRedirects is how many times a source may send us elsewhere on itself
	// for one connection (count).
	maxRedirects = 1

	// findTimeout ends one search (time).
	findTimeout = 2 * time.Minute

	// diskWait is the time between two looks at a disk that is full or failing.
	diskWait = 5 * time.Second

	// resumeFree is how much a full disk must have again (bytes).
	resumeFree = 1 << 20

	// maxDiskErrors in a row, other than being full, end a download (count).
	maxDiskErrors = 10
)
