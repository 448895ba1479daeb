package transfer

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"filbert/transfer/urn"
)

// File is what is known of a whole file before it is here.
type File struct {
	Name string   // as it was announced: untrusted until it passed SafeName
	Size int64    // bytes
	SHA1 urn.SHA1 // hash of the whole content
}

// Source is a servent that announced a file.
type Source struct {
	Addr    netip.AddrPort // where it listens; may be unreachable if Push is set
	IPv6    netip.Addr     // where it listens too, at the same port; the invalid one if it tells no other
	Servent [16]byte       // its GUID, which a push names
	Index   uint32         // the file's number at that servent, for requests without a hash
	Vendor  string         // four letters of its vendor code, or ""
	Push    bool           // it cannot be connected to and must be asked to connect
	// Proxies are those through whom it can be asked, beside the way of its hits.
	Proxies []netip.AddrPort

	// Peer is the Ed25519 public key of a filbert that told it, be it to say over which
	// Relays it is reached, or which PunchProxies pass on words about a path through its NAT,
	// zero for all others. Vouched says that its signature of what
	// it told was verified, or that no other is meant: it is then connected to in TLS, and
	// must be the owner of that key.
	Peer         [32]byte
	Relays       []netip.AddrPort
	PunchProxies []netip.AddrPort
	Vouched      bool
}

// ErrSpent is the error of a connection that has carried, or lasted, all it may. Who
// is at its other end is not to blame, and another connection may go on.
var ErrSpent = errors.New("the connection has carried all it may")

// Limited is a connection that carries only so much, such as one over a relay.
type Limited interface {
	// Room is how many bytes may still be read. It is called by who reads.
	Room() int64
}

// Connector opens connections to sources, by whatever way there is.
//
// Connect blocks until a connection stands on which an HTTP request can be
// sent, until the ways are exhausted or until ctx ends; ending ctx later does
// not touch a connection that was returned. The caller closes the connection.
// Connect is called from many goroutines at once.
type Connector interface {
	Connect(ctx context.Context, src Source) (net.Conn, error)
}
