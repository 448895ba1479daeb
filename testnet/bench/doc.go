// Package bench measures whole processes, as they ship, from outside.
//
// Relay measures how fast a servent relays. Connections of this process, the
// load, send queries to a relay, a process of its own, which passes each on to
// all other connections; the load checks and times every copy that comes back.
// There are two relays: "filbert", a whole node that shares nothing, and "bare",
// the least loop that keeps to Gnutella 0.6: it decodes the head, drops
// duplicates, patches TTL and hops, copies and batches, and does nothing else.
// The bare relay is the yardstick of the machine: what the two make of the same
// load, one after the other and several times, is compared, not what a machine
// does on a good day.
//
// So are relaying at a fixed rate, with leaves, route tables and deflate, and the
// memory of a node with all the neighbors and leaves it takes: see Case. The load
// speaks the handshake as leaf and ultrapeer, and knows from the tables it tells
// which query must reach which leaf.
//
// The package does not simulate networks and does not measure searches or
// transfers.
package bench
