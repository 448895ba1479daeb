package testnet

import "time"

const (
	// maxNodes is how many nodes one process runs at most: each has its own
	// sockets.
	maxNodes = 2000

	// formTimeout is how long the network may take to form, per hundred nodes
	// or part of it; hashTimeout how long the libraries may take.
	formTimeout = 30 * time.Second
	hashTimeout = 10 * time.Minute

	// acquaintTime is how long nodes may take to hear of hosts beyond their
	// neighbors before one of them is killed.
	acquaintTime = 8 * time.Second

	// healTimeout is how long the survivors of a dead node may take to find
	// other neighbors.
	healTimeout = 45 * time.Second

	// tourWait is how long a search of the tour may take; it ends as soon as
	// all that is expected came.
	tourWait = 10 * time.Second

	// getWait bounds the download of the tour.
	getWait = 30 * time.Second

	// look is how often the state of the nodes is looked at.
	look = 50 * time.Millisecond

	// ttl is that of queries in a testnet: small networks can have long ways,
	// rings above all.
	ttl = 7

	// downloadFolder is where a node's downloads go, below its folder.
	downloadFolder = "downloads"
)
