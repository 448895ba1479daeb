// Package punch opens a UDP path between two filberts that both sit behind NATs,
// and speaks QUIC over it.
//
//	initiator A                                     responder B
//	   Offer: addresses, key, nonce   ------------>
//	          <------------   Answer: the same of B      RTT measured
//	   Sync   ---------------------------------->
//	   (waits RTT/2)                                (starts at once)
//	   probe  ------------>      <------------ probe     until one is echoed
//	   QUIC client   ============================>  QUIC server
//
// The messages travel over any channel a [Signal] stands for; the timing is that of
// DCUtR (libp2p). A probe looks like a STUN binding indication (RFC 8489), which
// nobody answers by mistake and a socket tells by its first bytes. It proves that
// its sender took part in the exchange of messages, and it echoes what was sent to
// it, so that nothing but probes goes to an address that did not prove to be the
// peer's. Both peers show certificates; each must have the key the messages named.
//
// A stream of the QUIC connection is a net.Conn on which HTTP/1.1 is spoken. It is
// not HTTP/3, on purpose: servers and clients of transfer then run on it unchanged,
// with the queue, the mesh and the limits they have over TCP, and there is one set
// of rules for both. What HTTP/3 would add, streams without head-of-line blocking,
// one QUIC stream for each HTTP connection gives as well.
//
// Not here: finding out one's own addresses and the kind of NAT, carrying the
// messages, relaying when it does not work, and guessing ports by the hundred.
package punch
