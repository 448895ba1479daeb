package stream

import "time"

const (
	// stepBytes is how much one Read waits for (bytes), and where it ends: the
	// least piece that is verified by itself.
	stepBytes = 64 << 10
	// aheadBytes is how much behind a reader's place is fetched before the rest
	// of the file (bytes): some seconds of a film of high quality.
	aheadBytes = 8 << 20
	// edgeBytes is how much of both ends of a file is fetched first (bytes): the
	// tables of films stand at either, and at most formats fit in it.
	edgeBytes = 256 << 10
	// maxTries is how many times what is here is opened before a Read fails
	// (count): a download may pause, or end, between being asked and being read.
	maxTries = 4
	// sniffBytes is how much of a file tells what it is (bytes), as in
	// http.DetectContentType.
	sniffBytes = 512

	// maxStreams is how many files have a URL at once (count); the one that was
	// not asked for during the longest time loses its.
	maxStreams = 64
	// maxReaders is how many requests are answered at once (count). A player has
	// one to three.
	maxReaders = 32
	// busyRetry is what others are told to wait.
	busyRetry = 2 * time.Second
	// tokenBytes is the length of the random part of a URL (bytes).
	tokenBytes = 32

	// headTimeout bounds the reading of a request's head, idleTimeout the wait
	// for the next. maxHead is the longest head (bytes).
	headTimeout = 5 * time.Second
	idleTimeout = 2 * time.Minute
	maxHead     = 16 << 10
	// grace is how long requests may go on when the server ends.
	grace = time.Second
)
