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

	// strangers is how many hosts a node should know beyond its neighbors before
	// one of them is killed, acquaintTime how long that may take.
	strangers    = 4
	acquaintTime = 15 * time.Second

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
