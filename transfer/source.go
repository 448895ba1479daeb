package transfer

import (
	"context"
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
	Servent [16]byte       // its GUID, which a push names
	Index   uint32         // the file's number at that servent, for requests without a hash
	Vendor  string         // four letters of its vendor code, or ""
	Push    bool           // it cannot be connected to and must be asked to connect
	// Proxies are those through whom it can be asked, beside the way of its hits.
	Proxies []netip.AddrPort
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
