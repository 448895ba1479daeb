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

	// toldTimeout is how long route tables may take to get around. The third
	// change in a minute waits for its end, and a busy machine hashes files in
	// that many steps: one minute from leaf to ultrapeer, five seconds there, one
	// minute on to its neighbors, and some time for the work itself.
	toldTimeout = 150 * time.Second

	// toldLooks is how many looks in a row must find that they did: the last ones
	// are on their way then.
	toldLooks = 4

	// acquaintTime is how long nodes may take to hear of hosts beyond their
	// neighbors before one of them is killed; leaves hear later.
	acquaintTime = 8 * time.Second

	// healTimeout is how long the survivors of a dead node may take to find
	// other neighbors. Leaves are told of others once a minute.
	healTimeout = 90 * time.Second

	// tourWait is how long a search of the tour may take; it ends as soon as
	// all that is expected came. Dynamic queries go from neighbor to neighbor.
	tourWait = 30 * time.Second

	// getWait bounds the download of the tour.
	getWait = 30 * time.Second

	// look is how often the state of the nodes is looked at.
	look = 50 * time.Millisecond

	// ttl is that of queries in a testnet, in hops from ultrapeer to ultrapeer:
	// that of the whole network, and dynamic queries take no other.
	ttl = 4

	// leafLinks is how many ultrapeers a leaf is linked to, leavesPerNode how many
	// leaves there may be for each ultrapeer: each takes 300, and three serve one.
	leafLinks     = 3
	leavesPerNode = 60

	// downloadFolder is where a node's downloads go, below its folder.
	downloadFolder = "downloads"
)
