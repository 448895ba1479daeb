package turn

import "time"

const (
	// maxText is the longest text of a server in settings, in bytes: a name of 253 and
	// user and password of 508 bytes each, as TURN has them (RFC 8489 14.3).
	maxText = 1280

	// maxDatagram is the longest datagram taken from a server, in bytes: more than any
	// MTU carries. Of longer ones the rest is lost, and with it all.
	maxDatagram = 2048

	// maxPermitted is to how many hosts an allocation may send (count): those of as many
	// peers as a node has paths to, and four addresses each. maxReached is to how many
	// addresses of these it does (count); for each a channel is kept at the server.
	maxPermitted = 256
	maxReached   = 64

	// rto is how long an answer is waited for before a question is asked again; pion
	// doubles it up to 1.6 s, and asks seven times, 7.8 s in all.
	rto = 200 * time.Millisecond

	// freeTime is how long the server has to confirm that an allocation is over. Without
	// that it ends by itself after its lifetime, 10 minutes if the server does as usual.
	freeTime = time.Second

	// errorPause is how long the reader waits after an error of the socket that is not
	// its end: long enough not to spin, too short to be missed.
	errorPause = 10 * time.Millisecond
)
