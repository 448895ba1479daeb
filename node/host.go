package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"filbert/node/board"
	"filbert/node/contacts"
	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// Host is what an application gets of a node, which implements it.
type Host interface {
	// Self is who the node is to those whom it opens lines to: what it signs, they can verify.
	Self() *identity.Identity

	// Contact is what the user's book has of a peer: a zero Since if it is not in it.
	Contact(peer identity.PeerID) contacts.Contact

	// HandleLine lets others open lines to a service; it is called before the node runs.
	// Peers that are blocked cannot.
	HandleLine(service string, h LineHandler)

	// Line opens a line to a service of a peer; the caller closes it. At is where the peer
	// may be, besides what the node knows; the zero value is nowhere.
	Line(ctx context.Context, peer identity.PeerID, at netip.AddrPort, service string) (net.Conn, error)

	// Addr is where the node listens.
	Addr() netip.AddrPort

	// Groups is those that the node takes part in.
	Groups() []*group.Group

	// Board is what the members of a group tell each other. It is not open any more when the
	// group is not.
	Board(g *group.Group) (*board.Board, error)
}

var _ Host = (*Node)(nil)

// Self is who the node is to those whom it opens lines to.
func (n *Node) Self() *identity.Identity { return n.cfg.Identity }

// HandleLine lets others open lines to a service. It is called before the node runs.
func (n *Node) HandleLine(service string, h LineHandler) { n.lines.handle(service, h) }

// Line opens a line to a service of a peer: where it was found last or groups say, else where it listens
// if it is a neighbor, else at. It has to prove its ID, so a wrong address costs time alone.
func (n *Node) Line(ctx context.Context, peer identity.PeerID, at netip.AddrPort, service string) (net.Conn, error) {
	err := fmt.Errorf("node: line to %v: %w", peer, ErrNowhere)
	try := func(at netip.AddrPort) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, lineTimeout)
		defer cancel()
		return n.lines.dial(ctx, peer, at, service)
	}
	if src := n.lines.where(peer); src.Addr.IsValid() || src.IPv6.IsValid() || len(src.Proxies)+len(src.Relays) > 0 {
		var conn net.Conn
		if conn, err = try(netip.AddrPort{}); err == nil {
			return conn, nil
		}
	}
	for _, at := range []netip.AddrPort{n.listens(ctx, peer), at} {
		if !at.IsValid() || ctx.Err() != nil || errors.Is(err, ErrLineRefused) {
			continue
		}
		var conn net.Conn
		if conn, err = try(at); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// listens is where a peer takes connections, if it is a neighbor that proved its ID.
func (n *Node) listens(ctx context.Context, peer identity.PeerID) netip.AddrPort {
	s, err := n.overlay.Status(ctx)
	if err != nil {
		return netip.AddrPort{}
	}
	for _, near := range s.Neighbors {
		if near.Terms.ID == peer && near.Listen.IsValid() {
			return near.Listen
		}
	}
	return netip.AddrPort{}
}
