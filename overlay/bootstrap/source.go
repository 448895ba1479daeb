package bootstrap

import (
	"context"
	"net/netip"
	"time"
)

// Source finds hosts in one way.
type Source interface {
	// Find looks once. It calls found for what it finds, from one goroutine at a
	// time, and returns when it has looked everywhere or ctx ends, which is no
	// error. Nothing of it runs on when it has returned.
	Find(ctx context.Context, found func(Found)) error
}

// Found is hosts that somebody told of.
type Found struct {
	Hosts  []netip.AddrPort // unchecked
	Teller netip.Addr       // who told of them
}

// Overlay is the network that hosts are found for.
type Overlay interface {
	// Standing tells how the node stands. An error means that it ends.
	Standing(ctx context.Context) (Standing, error)
	// Learn takes hosts; it may wait for the node, but not for the network.
	Learn(hosts []netip.AddrPort, teller netip.Addr) error
}

// Standing is how a node stands.
type Standing struct {
	Links  int // that are up
	Known  int // hosts it may call
	Uptime time.Duration
	Self   netip.AddrPort // where it can be reached from outside; invalid when that is not sure
}

// Announcer is a source that also tells others of the node. Announce is called
// now and then, and never while Find runs.
type Announcer interface {
	Announce(ctx context.Context, s Standing) error
}
