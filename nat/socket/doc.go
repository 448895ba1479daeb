// Package socket shares one UDP socket among Gnutella datagrams, STUN (RFC 8489)
// and QUIC (RFC 9000): one port to map, to punch, and to tell others of.
//
//	net.PacketConn -- one read loop -- Classify --+-- queue -- view for Gnutella
//	                                              +-- queue -- view for STUN
//	                                              +-- queue -- view for QUIC
//
// Gnutella datagrams begin with a random GUID, so nothing marks them: they are what
// is nothing else. STUN shows its cookie and its length, QUIC a version it knows or
// a connection ID of ours, which carries a keyed check (see [IDs]). Each of these
// is right by chance once in 2^32 datagrams or less.
//
// Each view is a net.PacketConn. A reader that is slow loses its own datagrams,
// counted by reason, and nobody else's. Writes go straight to the socket.
//
// Not here: what the datagrams mean. Two things of QUIC are lost with a shared
// socket: a stateless reset looks like Gnutella, so that connections to a peer that
// restarted end by their idle timeout; and the socket has no ECN and no segmentation
// offload, as those need the socket to be QUIC's own.
package socket
