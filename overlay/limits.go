package overlay

import "time"

// Bounds of the routing state.
const (
	// routeEntries and routeLifetime size one generation of the query routes:
	// a hit finds its way back for at least ten minutes, or 128 Ki queries.
	routeEntries  = 1 << 17
	routeLifetime = 10 * time.Minute

	// pushEntries and pushLifetime size one generation of the ways to servents
	// whose hits passed here.
	pushEntries  = 1 << 15
	pushLifetime = 30 * time.Minute

	// hardTTL is the highest sum of TTL and hops that is passed on at all;
	// above it a query is answered but not relayed. As gtk-gnutella.
	hardTTL = 15

	// maxHighTTL is how many queries above hardTTL a neighbor may send from
	// nearby before it is told BYE 403.
	maxHighTTL = 10

	// hitSlack is what a hit's TTL has beyond the hops its query made, so that
	// it also survives a detour.
	hitSlack = 5

	// maxAgain and againShare end a link that repeats itself: more than
	// maxAgain copies of messages it had sent before, and more than one in
	// againShare of all it sent. As gtk-gnutella (1.5 %).
	maxAgain   = 5
	againShare = 66
)

// Bounds of pings and pongs.
const (
	// aliveIdle is the silence after which a neighbor is pinged, alivePause the
	// time between further pings, aliveTries how many may stay unanswered: a
	// dead link is found after 50 s at the latest.
	aliveIdle = 20 * time.Second
	// aliveIdleLeaf is that silence of a leaf, which has less to say.
	aliveIdleLeaf = 2 * time.Minute
	alivePause    = 10 * time.Second
	aliveTries    = 3

	// stalledTimeout ends a link that took nothing for so long though something
	// waits for it, congestedTimeout one whose queue was more than half full for
	// so long, as gtk-gnutella does.
	stalledTimeout   = 30 * time.Second
	congestedTimeout = 3 * time.Minute

	// pingPause is the least time between two pings of one neighbor that are
	// answered from the cache. gtk-gnutella takes one in 3 s.
	pingPause = 3 * time.Second
	// leafPingPause is that time in the mean for a leaf, which needs fewer pongs.
	leafPingPause = time.Minute

	// pongsPerPing is how many cached pongs answer one ping.
	pongsPerPing = 10

	// pongCacheSize and pongLifetime bound the pong cache, pongRefresh is how
	// often some neighbors are asked for new ones, pongHungry how often when
	// the node wants neighbors and knows nobody to call.
	pongCacheSize = 128
	pongLifetime  = 90 * time.Second
	pongRefresh   = 60 * time.Second
	pongHungry    = 4 * time.Second

	// refreshFewest is how many neighbors a refresh asks at least; of more it
	// asks a fifth.
	refreshFewest = 3

	// maxPongsPerMinute is how many pongs of one neighbor are looked at.
	maxPongsPerMinute = 120
)

// Bounds of connecting.
const (
	// maxDialing is how many connections are being opened at once, dialsPerTick
	// how many are begun in one tick.
	maxDialing   = 30
	dialsPerTick = 5

	// dialPatience is how long a host that does not answer keeps another from
	// being dialed: twice the time after which TCP repeats its first segment
	// (RFC 6298). Where many known hosts are gone, links would be missing for as
	// long as that takes.
	dialPatience = 2 * time.Second

	// maxVain is how many connections in a row may find nobody (count), vainPause the
	// time between those that follow. A host cache of which one in twenty is alive still
	// leads to three links at once. Afterwards they take 15 entries in the table of a
	// router, which keeps each for four minutes (RFC 5382), and 55 kB an hour.
	maxVain   = 128
	vainPause = 16 * time.Second

	// thriftVain, thriftRefresh and thriftTables stand for vainPause, pongRefresh and
	// tablePause while bytes are to be saved (time). Neighbors are told from dead ones as
	// soon as ever, and one that is missing is replaced.
	thriftVain    = 4 * vainPause
	thriftRefresh = 5 * pongRefresh
	thriftTables  = 10 * tablePause

	// tick is the time between two looks at everything that is due.
	tick = time.Second

	// maxPerAddr and maxPerNet are how many neighbors may share an address and
	// a /24 (IPv6: a /56). Private and loopback networks are exempt: a lab or
	// a household sits behind few addresses.
	maxPerAddr = 2
	maxPerNet  = 4

	// maxKin is how many of a neighbor's own neighbors are remembered.
	maxKin = 32

	// tryHosts is how many other hosts a refusal names.
	tryHosts = 10

	// crawlPause is how often one address may crawl us, as gtk-gnutella has it,
	// maxCrawlers how many addresses may in that time.
	crawlPause  = 300 * time.Second
	maxCrawlers = 256

	// maxUntrusted is how many hosts are remembered whose TLS failed; they are
	// spoken to in plain.
	maxUntrusted = 256
)

// Bounds of searching and answering.
const (
	// maxSearches is how many searches of our own run at once, searchLifetime
	// how long hits are taken for one at the most, searchRepeat how long a new
	// neighbor is still asked too.
	maxSearches    = 256
	searchLifetime = 10 * time.Minute
	searchRepeat   = time.Minute

	// recordsPerHit and bytesPerHit close a query hit message; both are what
	// other servents send.
	recordsPerHit = 10
	bytesPerHit   = 2000

	// signRate and signBurst are how many hits are signed in a second, and at once; the
	// others go unsigned. One takes 20 µs (BenchmarkVouch, ten files): 1 % of a processor.
	signRate  = 500
	signBurst = 1000

	// maxRecords is how many files one query is answered with.
	maxRecords = 50

	// maxMatching bounds the queries that wait for the matcher, in bytes.
	maxMatching = 256 << 10

	// turnBytes is how many bytes of messages the loop takes before it flushes,
	// however many wait: a third of a link's queue, into which all may go.
	turnBytes = 32 << 10

	// The loop gives way writerYields times to the writers of links that are
	// behind, then pauses for writerPause at a time. A pause takes pauseBytes of
	// patience, and there is no more than maxPatience: whatever neighbors do, some
	// 10 MB are taken in a second.
	writerYields = 16
	writerPause  = 100 * time.Microsecond
	pauseBytes   = 2 << 10
	maxPatience  = 256 << 10

	// inboxSize is how many events wait for the loop before those who post
	// them wait too.
	inboxSize = 256
)

// Bounds of the two tiers.
const (
	// leafWant is how many ultrapeers a leaf keeps: gtk-gnutella's leaves have
	// up to four, LimeWire's three.
	leafWant = 3

	// defaultLeaves is how many leaves an ultrapeer serves, as gtk-gnutella's.
	defaultLeaves = 300

	// indexedLeaves is from how many leaves on their tables are indexed, which
	// takes 512 KiB for every 64; fewer are asked one by one.
	indexedLeaves = 32

	// promoteUptime is how long a node must have run before it serves leaves,
	// promoteSlots how many of them it must have room for.
	promoteUptime = time.Hour
	promoteSlots  = 30

	// demoteIdle is how long an ultrapeer stays one without a leaf.
	demoteIdle = time.Hour

	// memoryOfRole is how long an observation counts: that somebody connected
	// from outside, that an ultrapeer was wanted.
	memoryOfRole = 3 * time.Hour

	// firstReview and maxReview are the pauses between two looks at the role;
	// every demotion doubles it, so that a node at the edge does not swing.
	// gtk-gnutella goes from half an hour to 17 hours.
	firstReview = 5 * time.Minute
	maxReview   = 16 * time.Hour
)

// Links that are protected from eviction, as in Bitcoin Core: so many for their
// network, for the shortest way, for being useful lately; of the rest the older
// half.
const (
	protectNets   = 4
	protectNear   = 8
	protectUseful = 4
)

// Bounds of dynamic queries.
const (
	// maxAsking is how many run at once, askingPerLeaf how many of one leaf:
	// people ask a few questions a minute.
	maxAsking     = 2048
	askingPerLeaf = 8

	// leastPace is the least wait for hits before the next neighbor is asked.
	leastPace = 100 * time.Millisecond
)

// Pauses of route tables.
const (
	// tablePause is the time between two changes told to a neighbor in the long
	// run (LimeWire's figure; gtk-gnutella takes five minutes), tablePauseWhole
	// that between two whole tables, tableBurst how many of either may come at
	// once: package qrp takes no more, and some time is left for the way. tablePauseLeaf is how soon a change of a
	// leaf's is taken up when nothing was told lately.
	tableBurst      = 2
	tablePause      = time.Minute
	tablePauseWhole = 5*time.Minute + 30*time.Second
	tablePauseLeaf  = 5 * time.Second

	// tableRoom is up to how many waiting bytes parts of a table are added to a
	// link: 40 % of its queue, as gtk-gnutella does.
	tableRoom = 40 << 10
)
