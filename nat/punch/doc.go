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
// A round in which no path came about is followed by others. In these a peer may name a
// socket it has at a third party ([Detour]), which is sent to last. Who has it sends
// nothing from there but answers, and lets nobody in but the hosts the peer named: all
// that goes to a third party is that it has to pass on, and QUIC is as ever between the
// two.
//
// A stream of the QUIC connection is a net.Conn on which HTTP/1.1 is spoken. It is
// not HTTP/3, on purpose: servers and clients of transfer then run on it unchanged,
// with the queue, the mesh and the limits they have over TCP, and there is one set
// of rules for both. What HTTP/3 would add, streams without head-of-line blocking,
// one QUIC stream for each HTTP connection gives as well.
//
// Not here: finding out one's own addresses and the kind of NAT, carrying the
// messages, being a third party or finding one, and guessing ports by the hundred.
package punch
