// Package overlay is a servent's place in the network: its neighbors, and what
// passes between them.
//
// It has two halves. Core is the state machine: Step takes the time and an
// event and returns effects; it has no goroutine, lock, clock, socket, logger
// or randomness of its own, so that every decision can be replayed. Overlay is
// the engine around it: it owns the connections, feeds their messages to the
// Core as events and carries the effects out.
//
// Files called core_udp are the part that speaks by UDP, where any sender may be
// forged: what an address gets is bounded until it proved itself.
//
// The package follows Gnutella 0.6: pings answered from a pong cache, queries
// flooded with duplicate suppression and a TTL clamp, hits and pushes routed
// back, BYE with a reason. It knows nothing of files; a Matcher answers queries
// and a Judge of links is built from slots. Leaves, QRP and dynamic querying
// have their places beside it and are not built yet.
package overlay
