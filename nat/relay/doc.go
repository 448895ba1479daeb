// Package relay carries a stream of bytes between two peers that cannot reach one
// another, over a third that both reach: the relay. It is after libp2p's circuit v2
// (docs/nat.md, "Relays"), with lines of text as in Gnutella's handshake. Each
// conversation is a TCP connection to the relay's one port and begins with "RELAY/".
//
//	B→R  RELAY/0.1 RESERVE <B>         (1) B wants to be reached over R
//	R→B  RELAY/0.1 100 prove it        Nonce
//	B→R  RELAY/0.1 PROOF <B>           Relay, Signature
//	R→B  RELAY/0.1 200 OK              Expires, Keepalive, Circuit-Bytes, Circuit-Time
//	     the connection stays, for control lines
//	A→R  RELAY/0.1 CONNECT <B>         (2) A wants to reach B
//	R→B  CIRCUIT <id> <A's address>    on the control connection; B may answer REFUSE <id>
//	B→R  RELAY/0.1 ACCEPT <id>         a second connection of B to R
//	R→B  RELAY/0.1 200 OK              Circuit-Bytes, Circuit-Time
//	R→A  RELAY/0.1 200 OK              Circuit-Bytes, Circuit-Time
//	     then bytes both ways, as they come: TLS 1.3 between A and B
//
// A first line, and that of an answer:
//
//	offset  bytes  what
//	     0      9  RELAY/0.1
//	    10      7  RESERVE, PROOF, CONNECT, ACCEPT; in an answer three digits and a text
//	     …     64  the peer's Ed25519 key in lower case hex; with ACCEPT the circuit, 32
//
// Header lines follow ("Name: value"; unknown ones are skipped) and an empty line. A
// block has at most maxBlock bytes, and what comes before the bytes of a circuit or the
// control lines is through in HandshakeTime or is given up.
//
// Control lines have no headers:
//
//	B→R  PING            R→B  PONG                          each Keepalive
//	B→R  RENEW           R→B  RENEWED <seconds>             long before it expires
//	B→R  REFUSE <id>     R→B  CIRCUIT <id> <address:port>
//	                     R→B  END <status>                  the reservation is over, and why
//
// A name is proven by its key: the signature is over the relay's nonce and over the
// address at which B reached the relay, so that a relay cannot use it at another. A
// reservation ends with its connection. The relay connects to nobody, and B to nobody
// but the relay it chose; nobody relays for itself, or over another relay.
//
// What a relay gives is decided by Budget, which does no I/O. Friends, whom the relay's
// owner knows, have something beside what is for all, once they proved their name.
// Server holds the relay's side of the conversations, Client and Listener those of A and
// B. The package accepts no connections and dials by a function it is given; whom to pin,
// and so that B is B, is in the tls.Config it is given.
package relay
