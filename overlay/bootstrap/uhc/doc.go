// Package uhc is the policy of UDP host caches: servents that tell others of
// hosts over UDP.
//
//	asker → cache   PING, TTL 1, GGEP SCP (wishes), VC, PAD
//	cache → asker   PONG, same GUID, GGEP IPP, IPP6, IPP_TLS, IPP6_TLS (hosts), PHC (caches), UDPHC
//
// Client decides which cache is asked when and reads the answers; AppendAnswer
// is the other side. Nothing here has a socket, a clock or a resolver: package
// bootstrap carries out what a Client wants, package overlay sends answers.
//
// An answer goes to an address that may be forged, so it is never longer than
// the request unless the address is proven. A request of ours is padded (PAD, an
// extension that others ignore) to the size of a full answer.
package uhc
