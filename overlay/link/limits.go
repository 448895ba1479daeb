package link

import "time"

const (
	// MaxQueue bounds the messages that wait for one link, in bytes. It is the
	// figure of gtk-gnutella: some seconds of a slow line.
	MaxQueue = 96 << 10

	// maxPending bounds what was taken from the queue and is on its way into
	// the socket, in bytes: enough to keep a fast link busy while the loop is
	// elsewhere, little enough that priorities still mean something.
	maxPending = 64 << 10

	// farHops is above how many hops a hit or push has travelled far.
	farHops = 2

	// idleBuffer is the largest write buffer an idle link keeps, in bytes, and
	// idleWrites how many small writes make a link idle.
	idleBuffer = 4 << 10
	idleWrites = 64

	// writeTimeout ends a link that took nothing for so long.
	writeTimeout = 45 * time.Second

	// grace is how long a link that is being closed may take to send what is
	// pending (the BYE among it) and to hear the other side's end.
	grace = 2 * time.Second
)
