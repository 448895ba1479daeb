package node

import (
	"net/netip"

	"filbert/overlay"
)

// listensAt is where a neighbor listens, if that is at the address it connects from:
// its word is taken for the port alone, else we would send to whom it likes.
func listensAt(n *overlay.Neighbor) (at netip.AddrPort, ok bool) {
	return n.Listen, n.Listen.IsValid() && n.Listen.Addr() == n.Addr.Addr()
}
