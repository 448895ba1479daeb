package bootstrap

import "time"

// When sources are looked at.
const (
	// look is how often the standing of the node is looked at.
	look = time.Second

	// hostCacheDelay and webCacheDelay are how long a node is without a link
	// before host caches and then web caches are asked. The local network costs
	// nobody else anything and is asked at once.
	hostCacheDelay = 5 * time.Second
	webCacheDelay  = 30 * time.Second

	// hungryDelay is how long a node that has a link waits before it asks for
	// more hosts.
	hungryDelay = time.Minute

	// lanPause, hostCachePause and webCachePause are the least time between two
	// rounds of a source for a node without links. A round asks only caches that
	// were not asked lately, see packages uhc and gwc.
	lanPause       = 15 * time.Second
	hostCachePause = 30 * time.Second
	webCachePause  = 2 * time.Minute

	// hungryPause is the least time between two rounds for a node with a link.
	hungryPause = 10 * time.Minute

	// enoughLinks and enoughKnown end the looking: links that are up, and hosts
	// in the cache.
	enoughLinks = 2
	enoughKnown = 20
)

// Bounds of the sources.
const (
	// linger is how long a round of host caches goes on after the first answer:
	// what one cache tells is the word of one.
	linger = 2 * time.Second

	// maxAnswers is how many answers of host caches wait to be read.
	maxAnswers = 16

	// webTimeout bounds one request to a web cache, answer included.
	webTimeout = 20 * time.Second

	// maxHeader bounds the header of a web cache's answer in bytes, maxRedirects
	// how often it may send us elsewhere.
	maxHeader    = 16 << 10
	maxRedirects = 3

	// maxError cuts what a status says of an error, in bytes.
	maxError = 200
)
