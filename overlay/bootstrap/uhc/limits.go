package uhc

import (
	"time"

	"filbert/overlay/wire"
)

// Bounds of asking.
const (
	// maxCaches is how many caches are known, those of the settings included
	// (LimeWire: 100).
	maxCaches = 100

	// maxName is the longest "host:port" of a cache in bytes: a DNS name of 253
	// and a port.
	maxName = 260

	// parallel is how many caches are asked at once, perRound how many in one
	// round. gtk-gnutella asks one after the other, three in all; LimeWire five
	// at once.
	parallel = 5
	perRound = 10

	// askTimeout is how long a cache may take before another is asked instead,
	// matchFor how long its answer is still taken (both gtk-gnutella's).
	askTimeout = 20 * time.Second
	matchFor   = 30 * time.Second

	// askPause is the least time between two requests to one cache, whoever
	// they came from (gtk-gnutella: 180 s).
	askPause = 180 * time.Second

	// lookupTimeout is how long a name may take to be looked up, lookupFresh how
	// long its addresses are used again.
	lookupTimeout = 20 * time.Second
	lookupFresh   = time.Hour

	// maxFailures is after how many unanswered requests in a row a cache that
	// is not of the settings is forgotten (LimeWire: 5).
	maxFailures = 5

	// maxAddrs is how many addresses of one name are kept.
	maxAddrs = 8

	// maxAsks bounds the requests remembered for their answers.
	maxAsks = 64

	// maxPHC is how many caches one answer may name, in lines.
	maxPHC = 50

	// MaxSnapshot is the longest snapshot in bytes.
	MaxSnapshot = maxCaches * (maxName + 1 + maxAddrText + 1)

	// maxAddrText is the longest text of an IP address in bytes.
	maxAddrText = 45
)

// Bounds of answering.
const (
	// MaxHosts is how many hosts of each family an answer names; gtk-gnutella
	// sends 30.
	MaxHosts = 30

	// MaxAnswer is the longest answer to a proven address, in bytes: every path
	// carries it in one packet.
	MaxAnswer = 1200

	// fullAnswer is the size in bytes of an answer with MaxHosts IPv4 hosts,
	// their TLS bits and the mark of a cache, to which requests are padded:
	// header, fixed pong, GGEP magic; IPP; IPP_TLS; UDPHC. Data of up to 63
	// bytes has one length byte, of more two.
	fullAnswer = wire.HeaderLen + 14 + 1 +
		1 + len("IPP") + 2 + 6*MaxHosts +
		1 + len("IPP_TLS") + 1 + (MaxHosts+7)/8 +
		1 + len("UDPHC") + 1
)
