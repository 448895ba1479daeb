// Package nat connects to a peer by whichever of several ways leads there. Race tries
// ways one after another, each with a head start before the next, and takes the first
// that succeeds. A Ladder says which ways those are and in which order, by Plan, and
// remembers what came of them. How each way is gone is the caller's.
//
// The folders below have what ways are made of: ports of the router (portmap), the UDP
// port and who is behind it (socket, stun), holes in NATs (punch) and relays (relay).
package nat
