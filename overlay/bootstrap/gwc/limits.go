package gwc

import "time"

// Bounds of what is read.
const (
	// maxURL is the longest URL of a cache in bytes (GWebCache: 256).
	maxURL = 256

	// MaxBody is the longest answer that is read, in bytes; real ones have two
	// or three thousand.
	MaxBody = 64 << 10

	// maxLines is how many lines of an answer are looked at, maxLine the
	// longest of them in bytes.
	maxLines = 500
	maxLine  = 512

	// maxHosts and maxURLs are how many hosts and caches one answer may tell;
	// scripts tell about 20 of each.
	maxHosts = 100
	maxURLs  = 20

	// maxText cuts what a cache says of itself, in bytes.
	maxText = 128
)

// Bounds of asking.
const (
	// maxCaches is how many caches are known, those of the settings included.
	maxCaches = 50

	// askPause is the least time between two visits to one cache, perRun how
	// many visits it gets in a run (both the custom of GWebCache clients).
	askPause = time.Hour
	perRun   = 4

	// perRound is how many caches a round visits, one after the other, until
	// one tells of hosts.
	perRound = 3

	// maxFailures is after how many useless answers in a row a cache is
	// forgotten.
	maxFailures = 2

	// updateAfter is how long we must have been up before a cache is told of
	// us, updatePause how often it is.
	updateAfter = time.Hour
	updatePause = time.Hour

	// MaxSnapshot is the longest snapshot in bytes: a URL, two times, an
	// address and what separates them, for each cache.
	MaxSnapshot = maxCaches * (maxURL + 20 + 45 + 3)
)
