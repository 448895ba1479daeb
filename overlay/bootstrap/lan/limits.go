package lan

import "time"

const (
	// service is that of Gnutella (IANA service names: gnutella-svc).
	service = "_gnutella-svc._tcp"

	// domain is that of multicast DNS.
	domain = "local."

	// patience is how long answers are waited for. Those who announce answer at
	// once.
	patience = time.Second

	// recheck is how often the interfaces are looked at again: a laptop moves.
	recheck = time.Minute

	// maxInterfaces is how many interfaces are used, maxAddrs how many addresses
	// of one are announced.
	maxInterfaces = 8
	maxAddrs      = 4

	// maxEntries is how many servents one question may find.
	maxEntries = 64

	// minPort is the lowest port taken: services live below it.
	minPort = 1024
)
