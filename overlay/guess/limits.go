package guess

import "time"

// Bounds of asking. GUESS 0.2 and gtk-gnutella 1.2.3 unless said otherwise.
const (
	// maxHosts is how many ultrapeers are known at once, perNet how many of one
	// /24 (IPv6: /48) among them. Ours.
	maxHosts = 1024
	perNet   = 3

	// links is how many hosts are kept fresh by a ping, once in alivePause.
	links      = 75
	alivePause = 5 * time.Minute

	// freshFor is how lately a host must have spoken to us for others to be told
	// of it. Ours.
	freshFor = time.Hour

	// MaxSearches is how many searches run at once. Ours.
	MaxSearches = 8

	// maxAsked is how many ultrapeers one search asks, enough how many results
	// end it.
	maxAsked = 10_000
	enough   = 200

	// fewAtOnce and manyAtOnce bound the hosts a search waits for, before and
	// after proven of them acknowledged its query.
	fewAtOnce  = 5
	manyAtOnce = 50
	proven     = 100

	// slowPace is the time between the first slow queries of a search, fastPace
	// that between later ones.
	slow     = 20
	slowPace = 200 * time.Millisecond
	fastPace = 20 * time.Millisecond

	// keyLifetime is how long a key is used, keyPause the least time between two
	// requests for one of one host.
	keyLifetime = 86_000 * time.Second
	keyPause    = time.Minute

	// timeout is how long an answer is waited for; after maxTimeouts in a row a
	// host is forgotten.
	timeout     = 35 * time.Second
	maxTimeouts = 5
)
