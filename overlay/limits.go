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
	aliveIdle  = 20 * time.Second
	alivePause = 10 * time.Second
	aliveTries = 3

	// pingPause is the least time between two pings of one neighbor that are
	// answered from the cache. gtk-gnutella takes one in 3 s.
	pingPause = 3 * time.Second

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

	// maxRecords is how many files one query is answered with.
	maxRecords = 50

	// maxMatching bounds the queries that wait for the matcher, in bytes.
	maxMatching = 256 << 10

	// inboxSize is how many events wait for the loop before those who post
	// them wait too.
	inboxSize = 256
)
