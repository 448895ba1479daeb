// Package qrp keeps query-routing tables: what a neighbor can answer, as one bit
// for each slot its words fall on (Query Routing 0.1, with the last-hop tables
// between ultrapeers and the rules of gtk-gnutella).
//
// A [Table] is asked whether a query is worth sending. A [Receiver] builds the
// table of one neighbor from its RESET and PATCH messages; a [Sender] makes the
// messages that bring a neighbor's copy of our table up to date.
//
//	us                         neighbor
//	| RESET slots, infinity      |     its copy is empty now
//	| PATCH 1/2 entries          |
//	| PATCH 2/2 entries          |     and now it is ours
//	|            ...             |
//	| PATCH 1/1 changes          |     no RESET: on top of what it has
//
// The package hashes nothing: a word is its 32-bit QRP hash, of which a table of
// 2^n slots takes the upper n bits. So a table shrinks by joining neighboring
// slots and grows by repeating them, and one hash serves tables of every size.
//
// The package is pure: no goroutine, clock or logger; the time comes in. What
// inflates a patch is a coroutine, which runs while its caller waits for it;
// [Receiver.Close] ends it. Who gets a table, how often, and how fast the
// messages leave is its callers' business.
package qrp
