package fabric

import "time"

// Caps. What each turns away is counted in [Stats]; TCP blocks its writer instead.
const (
	// receiveWindow is how many bytes a connection takes that its owner has not read, and so also what may be in
	// flight to it: Linux's default net.ipv4.tcp_rmem.
	receiveWindow = 128 << 10

	// sendBuffer is how many written bytes a connection keeps that it could not send yet; a writer blocks on more.
	// In the order of Linux's tcp_wmem; small, because a thousand slow readers share one process.
	sendBuffer = 64 << 10

	// maxSegment is the most bytes of one TCP segment: what segmentation offload hands to a real receiver at once.
	maxSegment = 64 << 10

	// acceptBacklog is how many connections wait for Accept on one listener, their handshakes included; a SYN on
	// top is dropped and tried again by its sender. Linux's net.core.somaxconn.
	acceptBacklog = 4096

	// receiveQueue is how many bytes of datagrams wait on one socket, each taken as its length and
	// datagramOverhead; more are dropped. Linux's net.core.rmem_default.
	receiveQueue = 212_992

	// socketInFlight is how many datagrams one socket has written that have not arrived (or got lost); WriteTo
	// blocks on more, so that a flood does not stop virtual time. A megabyte and a half of full datagrams.
	socketInFlight = 1024

	// heldDatagrams is how many datagrams wait for one paused host, or in one holding partition; more are dropped.
	heldDatagrams = 1024

	// linkQueue is how long the queue of a link with a bandwidth gets, in time to send it; datagrams that would
	// wait longer are dropped. The buffer of a home router.
	linkQueue = 500 * time.Millisecond

	// natBindings is how many bindings a NAT box has at a time if its config does not say; what needs another one is
	// dropped and counted. What small home routers have for all protocols.
	natBindings = 4096

	// natRemotes is how many ends a binding remembers to have sent to, and how many connections; datagrams to more are dropped and counted.
	natRemotes = 4096

	// maxKeep is how many events a trace keeps for its dump. 100 bytes each.
	maxKeep = 1 << 20
)
