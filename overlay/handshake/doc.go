// Package handshake makes two servents acquainted: the three header blocks of
// the Gnutella 0.6 connection handshake on one connection.
//
//	I→A   GNUTELLA CONNECT/0.6   + headers   (1) the initiator's offer
//	A→I   GNUTELLA/0.6 200 OK    + headers   (2) the acceptor's answer, or a refusal
//	I→A   GNUTELLA/0.6 200 OK    + headers   (3) the initiator confirms, or refuses
//	[TLS, if both agreed: the initiator is the client]
//	then messages both ways, each way deflated if its sender said so
//
// The package reads and writes the blocks, keeps their limits and its deadline,
// asks a Judge whether the other side is wanted, and has TLS put on by a Securer.
// Who is wanted is not decided here, the connection is not closed here, and
// nothing is compressed here: see Terms for what is agreed on.
package handshake
