// Package testnet runs many whole nodes in one process, over loopback sockets,
// each sharing a part of a library: a network to try filbert on and to measure
// it with. The nodes are those that ship; the testnet only chooses who is linked
// to whom at the start, and checks what they do against what it can see in all
// of them at once.
package testnet
