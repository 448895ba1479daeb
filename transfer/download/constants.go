package download

import "time"

// HTTP as servents speak it.
const (
	pathN2R    = "/uri-res/N2R" // HUGE 0.94 §3.1, then "?urn:sha1:..."
	headerURN  = "X-Gnutella-Content-URN"
	headerURNs = "X-Content-URN" // of Shareaza: a comma list
	agentName  = "filbert/"

	headerFeatures    = "X-Features"
	featureFirewalled = "fwalt/0.1" // we take sources that cannot be connected to

	statusTooOften  = 429 // RFC 6585 §4
	defaultBusyWait = time.Minute
)

const (
	// chunkBytes is how much is asked for at once (bytes): the largest chunk
	// gtk-gnutella asks for. A source may send less.
	chunkBytes = 10 << 20

	// readBytes is the length of one read from a source (bytes): past this the
	// cost of the calls does not show.
	readBytes = 256 << 10

	// progressEvery is how often the status of a download that is running
	// changes (time): often enough for a bar.
	progressEvery = 250 * time.Millisecond

	// rateWindow is over how much of the past the rate is taken (time).
	rateWindow = 10 * time.Second

	// findEvery is the time between two searches for sources of one file.
	findEvery = 5 * time.Minute
)
