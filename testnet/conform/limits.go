package conform

import "time"

// How long is waited.
const (
	// answerTimeout is how long an answer may take unless Config says
	// otherwise: gtk-gnutella flushes compressed links after half a second.
	answerTimeout = 5 * time.Second

	// quietTime is how long nothing must come where nothing may come, after
	// the servent has answered something sent later.
	quietTime = 200 * time.Millisecond

	// crowdedPause is the time before a servent that has no slot is asked again.
	crowdedPause = 100 * time.Millisecond

	// foreignPace is the time between two connections to a servent that is not
	// one of ours: gtk-gnutella bans an address at the third within a minute
	// (core/ban.c:90).
	foreignPace = 31 * time.Second

	// halfOpenLimit is how long a servent may bear half a handshake:
	// gtk-gnutella's 90 s and something for its timer.
	halfOpenLimit = 100 * time.Second

	// leafQueryLimit is how long the query of a leaf may take to reach an
	// ultrapeer: a dynamic query asks leaves first and waits for their hits.
	leafQueryLimit = 20 * time.Second

	// pingPause is the time between pings that are not answered from the cache
	// more often: one in 3 s (gtk-gnutella pcache.c), and some.
	pingPause = 3200 * time.Millisecond

	// tablePause is how long a servent may take to make its table anew.
	tablePause = 6 * time.Second

	// datagramPause is the time between pings to a servent that answers one
	// datagram of an address a minute, and forgets it a little later.
	datagramPause = 66 * time.Second

	// farDelay is how long each part of a TLS handshake of ours is under way, as
	// over a network.
	farDelay = 50 * time.Millisecond

	// caseLimit ends a case that is stuck.
	caseLimit = 5 * time.Minute

	// flushLimit is how long a compressed link may hold bytes back.
	flushLimit = 2 * time.Second

	// sendLimit is how long a servent may leave bytes of ours unread.
	sendLimit = 10 * time.Second
)

// What is taken from a servent at most.
const (
	maxLine    = 8 << 10  // bytes of a line
	maxLines   = 256      // of a header block
	maxInbox   = 4096     // frames of a link that no case has asked for
	maxBody    = 32 << 20 // bytes of an HTTP answer
	maxBrowse  = 4 << 20  // bytes of a browse answer that are looked at
	maxDiscard = 1 << 20  // bytes read while waiting for the end
	maxGot     = 300      // bytes of what came that a failure tells
)

// Limits of header blocks (handshake.md §1): those of gtk-gnutella, and the
// tighter ones of LimeWire for lines.
const (
	limitFirstLine  = 1024
	limitBlockLines = 128
	limitBlock      = 16384
	limitHeaders    = 30
)

// tlsData is the type of a TLS record that holds data (RFC 8446 §5.1).
const tlsData = 23

const (
	maxTryHosts  = 20 // of one X-Try list (bootstrap.md §6)
	maxTTLHeader = 7  // of X-Max-TTL: that of the oldest ultrapeers
	minPort      = 1024
	hardTTL      = 15 // TTL and hops of what is relayed at most
	maxPongs     = 11 // own pong and ten cached ones
	maxRecords   = 10 // of one query hit (wire.md §2)
	softHit      = 16384
	maxPatch     = 4096 // bytes of a QRP patch of ours: what LimeWire sends
	smallAnswer  = 512  // bytes to an address that may be forged (THREATS T2)
	paddedPing   = 400  // bytes of padding in a ping that need not prove where it is from
)
