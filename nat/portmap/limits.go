package portmap

import "time"

const (
	// maxLifetime is what is asked for at most: a lease nobody removes, after a
	// crash, ends then.
	maxLifetime = time.Hour

	// minLifetime is the least that is asked for, and what PCP servers are advised to
	// give at least (RFC 6887 15); 0 would be the end of a mapping.
	minLifetime = 2 * time.Minute

	// sends is how often a question to port 5351 is sent: over 3.75 s, after which
	// exchangeTime is over.
	sends        = 4
	exchangeTime = 3750 * time.Millisecond

	// maxDatagram is the most bytes of an answer by UDP. PCP allows 1100
	// (RFC 6887 7); answers to a search are shorter than an Ethernet frame.
	maxDatagram = 1500
	maxPCP      = 1100

	// maxStrays is how many datagrams that are no answer one question survives;
	// whoever sends more has reached our port, and is better not read for 4 s.
	maxStrays = 256

	// ssdpTime is how long UPnP routers may take to answer, of which they are asked to
	// use a second less (MX); ssdpAgain is when they are asked again, for datagrams
	// get lost.
	ssdpTime  = 3 * time.Second
	ssdpAgain = 500 * time.Millisecond

	// maxDevices is how many UPnP devices one search looks at, maxServices how many
	// services of one: a router has two, for PPP and not.
	maxDevices  = 4
	maxServices = 4

	// httpTime is the most time for one question by HTTP, its answer included.
	httpTime = 3 * time.Second

	// maxAnswer is the most bytes of an answer by HTTP, headers included. The longest
	// descriptions of routers have 20 kB.
	maxAnswer = 128 << 10

	// conflictTries is for how many ports a UPnP router is asked; one of them is lost
	// with learning that it takes only leases without an end.
	conflictTries = 8

	// searchTime is the most time for one search: discovery, description and a few
	// ports.
	searchTime = 20 * time.Second

	// renewTime is the most time for asking for both leases again.
	renewTime = 10 * time.Second

	// verifyTime is the most time for one look from outside.
	verifyTime = time.Minute

	// exitTime is how long leases may take to be removed when the node ends, of the
	// second that is allowed.
	exitTime = 800 * time.Millisecond

	// maxGateways is how many routers of one family are asked.
	maxGateways = 4

	// portTries is for how many ports a router is asked so that TCP and UDP get the
	// same one.
	portTries = 4

	// maxDebts is how many mappings with routers we lost are remembered, to be removed
	// when that is possible; the oldest is forgotten. All but those of UPnP routers
	// that know no end last an hour at most.
	maxDebts = 4

	// maxRoutes is how many bytes of the system's tables of routes are read.
	maxRoutes = 1 << 20

	// maxFailure is the most bytes of a failure, parts of which come from routers.
	maxFailure = 200

	// inbox is how many letters wait for the loop. Each family has one job under way at
	// most, both together one look at the routes and one call of Refresh; the rest is
	// for looks from outside, which wait.
	inbox = 8
)
