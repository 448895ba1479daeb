// Package turn has a TURN server (RFC 8656) pass on datagrams between us and peers
// that no hole in two NATs leads to. It is a net.PacketConn whose address is one of
// the server.
//
//	we (behind a NAT)            server                   peer (behind a NAT)
//	   Allocate  ------------------>                      user and password
//	   <----------------  an address X of the server
//	   CreatePermission peer  ----->                      hosts that may send to X
//	                                <------------------   to X, as to anybody
//	   <---------------- what came, and where from
//	   ChannelBind, data  --------->  ------------------> from X
//
// The protocol is that of pion/turn. What is done here: a socket for each allocation,
// from which nothing is taken but what the server sends; a permission before anything
// is sent to a host; no write that waits; the end of an allocation told to the server,
// until it has heard of that.
//
// The socket is not the node's own, on purpose. Data comes in channels (RFC 8656 12),
// which have a header of four bytes and nothing that marks them, so that they could be
// told from Gnutella's datagrams by where they come from alone; and the room that
// nat/socket has for STUN is made for questions, not for files. Nobody but the server
// ever sees the port.
//
// Not here: which server to ask and when, TCP and TLS to the server, and what is sent:
// the server can read all of it, so it must be encrypted from peer to peer.
package turn
