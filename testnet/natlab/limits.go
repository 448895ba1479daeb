package natlab

import "time"

const (
	// latency is that between any two hosts, one way.
	latency = 40 * time.Millisecond

	// realTogether is how many pairs are tried at a time in real time, where most of it is waited: four nodes each.
	realTogether = 8

	// realRate is how many bytes a second a node sends in real time. Without latency the file would be here before any
	// path is open.
	realRate = 2 << 20

	// fileBytes is the size of the file: two circuits of a relay carry it.
	fileBytes = 6 << 20

	// ultrapeers is how many open ones the two nodes have for neighbors, of networks of their own: as many as it takes to
	// know the own address.
	ultrapeers = 3

	// port is where every node listens, pcpPort where routers do.
	port    = 7000
	pcpPort = 5351

	// patience is how long one step may take, in virtual time; look how often it is looked.
	patience = 2 * time.Minute
	look     = 10 * time.Millisecond

	// settled is after how long a node takes it that nobody can connect to it, and some more.
	settled = 20 * time.Second

	// searchTime is how long one search may find nothing.
	searchTime = 10 * time.Second
)
