package flood

import "time"

const (
	// minRouted is the shortest word, in bytes, that route tables are asked for
	// when a query has longer ones; gtk-gnutella's figure.
	minRouted = 3

	// maxRoutedURNs is up to how many files have their hashes in the route
	// table. Each takes three slots: of more, the table would be hashes only.
	maxRoutedURNs = 20_000
)

// Who vouches for hits.
const (
	// vouchRate and vouchBurst are how many signatures of hits are verified in a second,
	// and at once (count). One takes 40 µs (BenchmarkVouching): 2 % of a processor.
	vouchRate  = 500
	vouchBurst = 1000
)

// Being browsed.
const (
	// browsesPerHost and browsesPerNet are how many listings an address (IPv6:
	// its /56, which is what one customer gets) and its /24 (IPv6: its /48) are
	// given in browsePeriod (count): enough to look again, too few to watch
	// somebody's files. gtk-gnutella gives one.
	browsesPerHost = 3
	browsesPerNet  = 12
	browsePeriod   = time.Hour

	// maxBrowsers is how many of each are remembered (count), some 1 MiB; the one
	// that browsed longest ago is forgotten first.
	maxBrowsers = 4096

	// maxBrowsing is how many listings are sent at once (count): each may hold a
	// compressor of 1 MiB.
	maxBrowsing = 4

	// maxListed is how many files one listing names (count): some 10 MB. Larger
	// libraries are listed in part.
	maxListed = 100_000

	// maxPageFiles is how many files a page for people names (count).
	maxPageFiles = 1000

	// recordsPerPacket and bytesPerPacket end a packet of a listing; LimeWire
	// takes no more records, gtk-gnutella sends up to 3500 bytes.
	recordsPerPacket = 10
	bytesPerPacket   = 2000

	// listingStall bounds the sending of one packet, maxListingTime that of them
	// all (time): a dribbling reader holds one of few places.
	listingStall   = 60 * time.Second
	maxListingTime = 10 * time.Minute

	// busyRetry is what somebody is told to wait who finds all places taken.
	busyRetry = 60 * time.Second
)

// Browsing others.
const (
	// maxListingBytes bounds a listing, inflated (bytes), and maxFound the
	// files that are taken of it (count): as many as results keep their numbers.
	maxListingBytes = 16 << 20
	maxFound        = 10_000

	// maxBadPackets is how many packets that are no query hit of the host are
	// skipped before it is left (count).
	maxBadPackets = 16

	// maxAnswerHead is the longest header of an answer (bytes), as for files.
	maxAnswerHead = 16 << 10

	// browseConnect, browseAnswer, browseIdle and browseTotal bound the time until
	// the host is reached, until its answer begins, between two bytes of it, and
	// of all together.
	browseConnect = 10 * time.Second
	browseAnswer  = 30 * time.Second
	browseIdle    = 30 * time.Second
	browseTotal   = 5 * time.Minute

	// maxRetryAfter bounds what a host may tell us to wait (time).
	maxRetryAfter = 24 * time.Hour
)
