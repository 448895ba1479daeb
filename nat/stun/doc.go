// Package stun finds out how the NAT in front of this host behaves and by which
// address others see it, by STUN (RFC 8489) and RFC 5780, and answers others who
// want to find out. Whom to believe is the caller's: any server may lie.
//
//	Client        transactions over a socket of ours: Bind
//	Discover      what several Binds say together: mapping, filtering, hairpin, ports
//	LifetimeTest  how long a binding of the NAT lasts
//	Server        a request -> the reply, or why there is none; a budget against abuse
//	Service       a Server on sockets
//
// The bytes are those of pion/stun, of which only building and decoding is used. It
// panics on an empty XOR-MAPPED-ADDRESS, so lengths are checked before it looks and
// whatever it panics on is malformed; and it writes UNKNOWN-ATTRIBUTES with four
// bytes a type where RFC 8489 §14.9 has two, so these are written here.
//
// A server with one address and two ports, as a filbert can have, tells the second
// port in OTHER-ADDRESS with its own address, and takes CHANGE-REQUEST for the port.
// RFC 5780 §7.4 wants two addresses there; a client that compares them notices.
//
// Not here: TCP, TLS, credentials, and servers by name: nobody is asked who is not
// given as an address.
package stun
