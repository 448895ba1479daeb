package oob

import "time"

// Bounds of the responder. Numbers of gtk-gnutella 1.2.3 unless said otherwise.
const (
	// maxOffers, maxHeld and maxHosts bound what is held: offers, bytes of
	// records, hosts. Ours.
	maxOffers = 1024
	maxHeld   = 4 << 20
	maxHosts  = 1024

	// offersPerHost is how many offers to one host wait at once. Ours.
	offersPerHost = 16

	// Tries is how often one offer is sent, offerPause the time between.
	Tries      = 3
	offerPause = 20 * time.Second

	// claimWait is how long an offer waits for its claim, keep how long hits
	// are kept from then on.
	claimWait = 80 * time.Second
	keep      = 3 * time.Minute

	// challenges is how often a claimer is pinged, challengePause the time
	// between. Ours.
	challenges     = 3
	challengePause = 5 * time.Second

	// packetPause and packetJitter space the packets to one host: 2.5 s and up
	// to 5 s more. packetsPerHost is how many wait for it.
	packetPause    = 2500 * time.Millisecond
	packetJitter   = 5 * time.Second
	packetsPerHost = 50

	// packetSize is how long a message with hits may be, in bytes, overhead how
	// much of it is not records.
	packetSize = 645
	overhead   = 80

	// maxUnclaimed is after how many offers left alone in a row a host gets none
	// for refusal: gtk-gnutella has 25 a minute and up to ten minutes.
	maxUnclaimed = 10
	refusal      = 10 * time.Minute
)

// Bounds of the querier.
const (
	// maxQueries bounds the queries with claims, queryLifetime is how long each
	// is remembered.
	maxQueries    = 512
	queryLifetime = 11 * time.Minute

	// maxClaims bounds the claims of all queries, claimsPerQuery those of one.
	maxClaims      = 8192
	claimsPerQuery = 256

	// mostWanted is how many results are asked of one host: 255 would say
	// everything. Gtk-gnutella asks no more.
	mostWanted = 50

	// slack is how many results beyond those asked for are taken: hits come in
	// whole messages.
	slack = 10
)
