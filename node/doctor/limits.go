package doctor

import (
	"net/netip"
	"time"
)

const (
	// enoughNeighbors is with how many one that leaves is no matter.
	enoughNeighbors = 2

	// settleTime is how long after the start nothing is said of what takes time:
	// handshakes, and a call back by a neighbor.
	settleTime = 2 * time.Minute

	// clockSlack is how far a clock may be before the time of the build: a machine
	// that builds may be ahead, and zones are mistaken for one another.
	clockSlack = 24 * time.Hour

	// oldProgram is the age from which a program is likely not the newest.
	oldProgram = 3 * 365 * 24 * time.Hour

	// fullDisk is too little for anything but songs (bytes).
	fullDisk = 64 << 20
	// tightDisk is about one film (bytes).
	tightDisk = 2 << 30

	// fewFiles: 300 leaves, 32 ultrapeers and the sockets and files of transfers fit.
	fewFiles = 1024
)

// carrierNAT is the shared address space behind the NAT of a provider (RFC 6598).
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")
