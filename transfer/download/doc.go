// Package download fetches files by their SHA-1 from whoever announced them,
// over HTTP as Gnutella servents speak it (Gnutella 0.6 §5, HUGE 0.94, RFC 9110
// for ranges), until they are here whole.
//
// Several sources are asked at once, each for parts of its own, as
// transfer/picker cuts them; when one refuses, is busy, stalls or lies the
// others go on with what it leaves. Who names a hash tree has it fetched first,
// and every slice verified as it comes; the SHA-1 of the whole decides in any
// case. What somebody waits for comes first, and what is verified may be read
// while the rest arrives.
//
// A download survives this process too: what arrived is in a store.Partial, and
// Run takes up whatever partial files there are.
//
// The package does not search (Finder does), does not know how a source is
// reached (transfer.Connector does), and keeps no table of who else has a file
// (Mesh does; this package hears and tells, in the headers of transfer/mesh). A
// place in the queue of a source is kept by asking again when it says, not by
// being called back.
package download
