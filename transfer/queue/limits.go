package queue

import "time"

// Slots.
const (
	// leaseTime is how long a host keeps its slot without a request (time): the
	// pause between two ranges. gtk-gnutella keeps one for 45 s, in which it is
	// of use to nobody.
	leaseTime = 10 * time.Second

	// TurnTime is how long a host may go on with further requests while others
	// wait (time). A single answer may take twice as long, see Over.
	TurnTime = 5 * time.Minute

	// SmallFile is the largest file of the lane of small ones (bytes).
	SmallFile = 1 << 20

	// IPv4 addresses and IPv6 /56 are hosts, what one customer gets; IPv4 /24 and
	// IPv6 /48 are networks, what one owner easily has (bits).
	hostBits4, networkBits4 = 32, 24
	hostBits6, networkBits6 = 56, 48
)

// The line.
const (
	// maxPlaces is the most places in line (count), at some 300 bytes each. In
	// gtk-gnutella it is 4,000.
	maxPlaces = 1000

	// maxNetworkPlaces is the most of one network (count). A host has one: who asks
	// over many connections or for many files has his turn as often as others.
	maxNetworkPlaces = 8

	// heldPlaces is how many questions wait with us (count): each has a connection
	// and a goroutine.
	heldPlaces = 8

	// HoldTime is how long a question waits with us (time), short of what any
	// servent waits for an answer: filbert's downloads wait half a minute.
	HoldTime = 7 * time.Second

	// Whose question waited is told to ask again after heldRetry; others after
	// firstRetry and nextRetry more for each place ahead, maxRetry at most (time), as in
	// gtk-gnutella.
	heldRetry  = 5 * time.Second
	firstRetry = 30 * time.Second
	nextRetry  = 15 * time.Second
	maxRetry   = 10 * time.Minute

	// graceTime is how long after its time a place is kept (time). gtk-gnutella
	// asks 40 s before that at the latest.
	graceTime = 50 * time.Second

	// A question more than earlySlack ahead of its time (time) gains nothing.
	earlySlack = time.Second

	// firstTurn is how long a turn takes as far as one can tell before the first
	// ended (time).
	firstTurn = time.Minute
)
