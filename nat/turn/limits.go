package turn

import "time"

const (
	// maxText is the longest text of a server in settings, in bytes: a name of 253 and
	// user and password of 508 bytes each, as TURN has them (RFC 8489 14.3).
	maxText = 1280

	// maxDatagram is the longest datagram taken from a server, in bytes: more than any
	// MTU carries. Of longer ones the rest is lost, and with it all.
	maxDatagram = 2048

	// maxReached is to how many addresses an allocation sends (count). pion keeps a
	// permission and a channel for each until the end, and renews all permissions in one
	// datagram: of 64 it has 1,000 bytes. maxPermitted is to how many hosts it may (count):
	// four for each address, as most of those that peers name are never heard of.
	maxReached   = 64
	maxPermitted = 256

	// peerHosts is how many hosts a peer may name (count), as in nat/punch.
	peerHosts = 8

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
