package portmap

import "time"

const (
	// controlPort is that of PCP and NAT-PMP servers (RFC 6887 19.1, RFC 6886 3).
	controlPort = 5351

	// ssdpPort is that of UPnP discovery (UPnP Device Architecture 1.1, 1.3.2).
	ssdpPort = 1900

	// pcpStart is how much earlier PCP is asked than NAT-PMP. A home router answers
	// within milliseconds.
	pcpStart = 100 * time.Millisecond

	// firstWait is when an unanswered question is sent again, doubled each time:
	// RFC 6886 3.1. PCP would begin with 3 s (RFC 6887 8.1.1), too slow for a start,
	// and its servers live next door as well.
	firstWait = 250 * time.Millisecond

	// checkEvery is how often the router is asked whether it is the one we knew, and
	// the system for its routes; recheckAfter is when it is asked again that was
	// silent. An address is wrong for 45+4+15+4 s at most, of the 90 allowed.
	checkEvery   = 45 * time.Second
	recheckAfter = 15 * time.Second
	strikesOut   = 2

	// firstPause is when to search again when no router was found, doubled up to
	// longPause, at which gtk-gnutella looks for routers (3600 s). A router that was
	// lost is restarting, or the power was out: the first soonTries searches, ten
	// minutes of them, come after lostPause, doubled up to firstPause.
	firstPause = time.Minute
	longPause  = time.Hour
	lostPause  = 5 * time.Second
	soonTries  = 12

	// lasting is how long leases must be held for the next loss to be a first one.
	lasting = 10 * time.Minute

	// reverifyEvery is when an open lease is tried again, as often as it is renewed.
	// One tried in vain is, after again; a lease not open after retryVerify, doubled
	// up to reverifyEvery.
	reverifyEvery = 30 * time.Minute
	again         = 30 * time.Second
	retryVerify   = time.Minute

	// renewPause is the least time between renewals (RFC 6887 11.2.1).
	renewPause = 4 * time.Second
)
