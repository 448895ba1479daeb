// Package download fetches files by their SHA-1 from whoever announced them,
// over HTTP as Gnutella servents speak it (Gnutella 0.6 §5, HUGE 0.94, RFC 9110
// for ranges), until they are here whole.
//
// A download survives its sources: one at a time is asked for the next missing
// bytes, and when it refuses, is busy, stalls or lies another one goes on where
// it left off. It survives this process too: what arrived is in a store.Partial,
// and Run takes up whatever partial files there are.
//
// The package does not search (Finder does), does not know how a source is
// reached (transfer.Connector does), and keeps no table of who else has a file
// (Mesh does; this package hears and tells, in the headers of transfer/mesh). It
// neither queues at sources that offer a place in a queue, nor fetches from
// several at once, nor checks hash trees.
package download
