package api

import "time"

const (
	// maxBody is the longest request body, in bytes: a collection as JSON.
	maxBody = 1 << 20

	// headerTimeout bounds the reading of a request's header.
	headerTimeout = 5 * time.Second

	// shutdownGrace is how long requests may go on when the service ends.
	shutdownGrace = time.Second

	// defaultWait and maxWait bound how long a search takes hits.
	defaultWait = 10 * time.Second
	maxWait     = 10 * time.Minute

	// maxResults is how many results one search shows at most.
	maxResults = 10_000

	// listedResults is how many of the newest results are listed.
	listedResults = 200

	// connectWait bounds a connect request.
	connectWait = 25 * time.Second

	// lookupWait bounds the looking up of a name of a host.
	lookupWait = 10 * time.Second

	// inviteLife is how long an invite to a group can be used unless it is said.
	inviteLife = 24 * time.Hour

	// beat is the longest silence of a stream: the client sees that it lives.
	beat = 15 * time.Second

	// watchEvery is the time between two looks at all downloads for who watches
	// them: what changes faster cannot be read.
	watchEvery = 500 * time.Millisecond

	// maxEvent is the longest event a client reads, in bytes: a result with all
	// its sources.
	maxEvent = 1 << 20
)
