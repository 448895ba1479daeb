package hostcache

import "time"

// minPort is the lowest port believed on word of others: a list that names the
// ports of services makes its readers attack them.
const minPort = 1024

// Groups and nets, in bits of the prefix.
const (
	groupBits4, groupBits6 = 16, 32
	netBits4, netBits6     = 24, 48
)

// Back-off: the pause after the first failure, doubled with each further one up
// to the longest. Up to a quarter is added at random, so that those who were
// refused together do not come back together.
const (
	// retryFirst is also the pause between any two attempts to one host
	// (gtk-gnutella: one in 5 min).
	retryFirst = 5 * time.Minute
	retryMost  = 8 * time.Hour

	// A busy host (503) is alive and may have room soon.
	busyFirst = 5 * time.Minute
	busyMost  = 30 * time.Minute

	// A host that does not want us (other codes) will not soon.
	rejectedFirst = 15 * time.Minute

	// A host that has a link to us still, which is dead at our end (409): it finds
	// out in ten seconds.
	conflictFirst = 15 * time.Second

	// A host that told us to slow down (429).
	bannedFirst = time.Hour

	// On this machine or network a retry harms nobody.
	localFirst = 2 * time.Second
	localMost  = 30 * time.Second

	// pinnedMost is the longest pause before a host that the user named is
	// tried again.
	pinnedMost = time.Minute

	// longestWait is the longest back-off there is, the random part included. A
	// host that would have to wait longer was set back by a clock that jumped.
	longestWait = retryMost + retryMost/jitterShare

	// jitterShare is the divisor of the random part.
	jitterShare = 4
)

// Status codes of a handshake or a BYE that make a difference here (Gnutella
// 0.6 handshake; BYE 0.1).
const (
	noAnswer   = 0
	codeOK     = 200 // up to codeShield: a BYE without reproach
	codeShield = 204 // a shielded leaf
	codeLinked = 409 // connected already
	codeSlow   = 429
	codeBusy   = 503
)
