package overlay

import (
	"fmt"
	"net/netip"

	"filbert/overlay/handshake"
	"filbert/overlay/identity"
)

// Met says that a link is up.
type Met struct {
	Addr    netip.AddrPort  // of the connection
	Peer    identity.PeerID // that was proven, or zero
	Inbound bool            // it came to us
	As      handshake.Role  // what we are on it
	Is      handshake.Role  // what it is
}

// Parted says that a link which was up is over. Why has words of others: escape it.
type Parted struct {
	Addr netip.AddrPort
	Peer identity.PeerID
	Why  string
}

func (*Met) effect()    {}
func (*Parted) effect() {}

// Witness hears of neighbors that come and go. It must not block, nor keep what it is given.
type Witness interface {
	Met(*Met)
	Parted(*Parted)
}

// Why a link ended, as Parted has it.
const (
	whyClosed = "it closed the connection"
	whySent   = "sent away: %s (%d)"
	whySaid   = "it said: %s (%d)"
)

// tellParted tells that a neighbor is gone, which was up.
func (c *Core) tellParted(n *neighbor, format string, args ...any) {
	if n.up {
		c.out.add(&Parted{n.remote, n.terms.ID, fmt.Sprintf(format, args...)})
	}
}
