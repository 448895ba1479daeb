// Package handshake makes two servents acquainted: the three header blocks of
// the Gnutella 0.6 connection handshake on one connection.
//
//	I→A   GNUTELLA CONNECT/0.6   + headers   (1) the initiator's offer
//	A→I   GNUTELLA/0.6 200 OK    + headers   (2) the acceptor's answer, or a refusal
//	I→A   GNUTELLA/0.6 200 OK    + headers   (3) the initiator confirms, or refuses
//	then messages both ways
//
// The package reads and writes the blocks, keeps their limits and its deadline,
// and asks a Judge whether the other side is wanted. Who is wanted is not
// decided here, and the connection is not closed here. Deflate, TLS and roles
// are parsed, but offered only as far as they are built.
package handshake
