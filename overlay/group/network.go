package group

import (
	"context"
	"net"

	"filbert/overlay/identity"
)

// Packets carries datagrams between peers. The node has one socket for much; it gives what
// begins with a tag of a group (see Hub.Owns) to Receive.
type Packets interface {
	// Send sends a datagram of at most 1,200 bytes, as well as it can. It does not wait
	// for the network.
	Send(to identity.PeerID, datagram []byte) error

	// Receive waits for the next datagram, which is then the caller's. After Close it
	// returns an error.
	Receive() ([]byte, error)
	Close() error
}

// Streams carries streams between peers, each of which is private to the two: TLS with a
// peer whose ID the dialer verified. Who calls proves its ID by the package's own words.
type Streams interface {
	// Dial opens a stream to a peer, by what is known of it and what an invite says. An error
	// of the reason Busy tells that there is no room on the way now.
	Dial(ctx context.Context, to Ask) (net.Conn, error)

	// Accept waits for the next stream. After Close it returns an error.
	Accept() (net.Conn, error)
	Close() error
}

// Store keeps the records of groups over restarts. DecodeState reads them.
type Store interface {
	// Save replaces what is kept of a group. When it returns they are on disk: only then
	// others hear of what is new. It does not call the package.
	Save(id ID, state []byte) error
}

// addressOf is an address for memberlist, which wants one: of a network that is nowhere
// (fd00::/8), made of the peer's ID. The transport goes by the ID.
func addressOf(p identity.PeerID) net.IP {
	sum := digest(addressDomain, p[:])
	ip := net.IP(sum[:net.IPv6len])
	ip[0] = 0xFD
	return ip
}

// addressPort is the port that goes with it.
const addressPort = 1
