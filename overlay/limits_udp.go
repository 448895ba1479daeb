package overlay

import (
	"time"

	"filbert/overlay/wire"
)

// Bounds of datagrams. An address that proved nothing may be a victim's that
// somebody wrote on his packets; it gets little (THREATS T2).
const (
	// maxDatagram is the longest datagram that is read, in bytes; longer ones
	// are cut and then no whole message. LimeWire's buffer.
	maxDatagram = 2048

	// maxDatagramSent is the longest that is sent, in bytes: no path splits it.
	maxDatagramSent = 1200

	// datagramPause is the least time between two answers to one unproven
	// address, datagramHosts how many addresses are remembered for it and so
	// answered, datagramPer24 how many of one /24 (IPv6: /48) in that time.
	datagramPause = 60 * time.Second
	datagramHosts = 4096
	datagramPer24 = 4

	// maxUnprovenAnswer is how long an answer to an unproven address may be, in
	// bytes, however long its request was. paddedRequest is from which length on
	// a request is answered at once, in its own length; what asks for hosts pads
	// itself so. barePong is the shortest pong.
	maxUnprovenAnswer = 512
	paddedRequest     = 100
	barePong          = wire.HeaderLen + 14

	// heldRequests is how many requests wait for the proof of their sender.
	heldRequests = 1024

	// notesPerHost and notesPer24 bound the small messages (below 64 bytes) to
	// one unproven address and to its network in datagramPause: offers of hits,
	// claims, pings that challenge.
	notesPerHost = 6
	notesPer24   = 4 * notesPerHost

	// unprovenRate bounds what leaves for all unproven addresses, in bytes/s.
	unprovenRate = 64 << 10

	// provenHosts addresses, at most twice as many, are remembered as proven for
	// provenLifetime, at most twice as long; they are answered once in
	// provenPause.
	provenHosts    = 4096
	provenLifetime = 10 * time.Minute
	provenPause    = time.Second

	// contactHosts and contactLifetime size the memory of whom we sent
	// something: what they send is no sign that strangers reach us. NATs forget
	// a UDP mapping after five minutes at the latest (RFC 4787 asks for two).
	contactHosts    = 1 << 14
	contactLifetime = 5 * time.Minute

	// askedPings is how many pings of ours are remembered, askedLifetime how
	// long their pongs are taken, pongsPerAsked how many. Gtk-gnutella has 2048
	// and 30 s.
	askedPings    = 2048
	askedLifetime = 30 * time.Second
	pongsPerAsked = 10

	// maxPacked is how many hosts one pong tells. As gtk-gnutella.
	maxPacked = 30
)

// Bounds of hits by UDP; those of package oob besides.
const (
	// oobHops is how many hops a query must have made, the one to us included,
	// for its hits to go by UDP: a neighbor gets them over its link.
	oobHops = 2

	// oobResults is how many results a query of ours takes by UDP, oobLeafResults
	// how many one of a leaf's. Gtk-gnutella's targets of dynamic querying.
	oobResults     = 500
	oobLeafResults = 50

	// proxiedQueries bounds the leaves' queries asked under a GUID of ours,
	// proxiedLifetime is how long hits are passed on, at most twice as long.
	proxiedQueries  = 4096
	proxiedLifetime = 11 * time.Minute
)

// guessQueries bounds the GUESS queries whose hits are still passed on to who
// asked, guessLifetime is for how long, at most twice as long.
const (
	guessQueries  = 4096
	guessLifetime = 3 * time.Minute
)

// Bounds of crawlers and of pushes.
const (
	// crawlerPause is the least time between two answers to a crawler. As
	// gtk-gnutella.
	crawlerPause = 120 * time.Second

	// pushHops is how many hops a push sent by UDP may have made: none, or one
	// by a push proxy's neighbor.
	pushHops = 1

	// pushesPerHost and pushesAtOnce bound the calls to one host and to all that
	// pushes sent by UDP may cause in pushWindow (THREATS T13).
	pushWindow    = 30 * time.Second
	pushesPerHost = 3
	pushesAtOnce  = 100
)

// Bounds of inflating datagrams (THREATS T18).
const (
	// maxInflated is the longest payload, in bytes, inflateRatio how many bytes
	// one byte may become beyond inflateAllowance.
	maxInflated      = 64 << 10
	inflateRatio     = 100
	inflateAllowance = 4 << 10

	// inflateRate bounds the inflated bytes, per second: some 5 ms of work.
	inflateRate = 1 << 20
)
