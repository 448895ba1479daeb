package node

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"filbert/nat"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Reach connects to a source as downloads do.
func (n *Node) Reach(ctx context.Context, src transfer.Source) (net.Conn, error) {
	return n.connector().Connect(ctx, src)
}

// DialLine opens a line.
func (n *Node) DialLine(ctx context.Context, peer identity.PeerID, at netip.AddrPort, service string) (net.Conn, error) {
	return n.lines.dial(ctx, peer, at, service)
}

// Spends counts bytes as sent to keep the node reachable.
func (n *Node) Spends(bytes uint64) {
	n.upkeep.mu.Lock()
	defer n.upkeep.mu.Unlock()
	n.upkeep.meter.Add(time.Now(), nat.UpkeepBytes{nat.UpkeepLinks: bytes})
}

// TakeTurn has no handshake of those who connect compute until what it returns is called.
func (n *Node) TakeTurn(ctx context.Context) (end func(), err error) { return n.shaking.Turn(ctx) }

// CountTurns counts the handshakes of paths that compute in turn; no path was opened yet.
func (n *Node) CountTurns() *atomic.Int64 {
	count, turn := new(atomic.Int64), n.punches.turn
	n.punches.turn = func(ctx context.Context) (func(), error) {
		count.Add(1)
		return turn(ctx)
	}
	return count
}

// Packets is the datagrams between peers.
type Packets = packets

// Packets is those of a node.
func (n *Node) Packets() *Packets { return newPackets(n.lines, n.log, new(atomic.Uint64)) }

// Tell says where a peer is.
func (p *packets) Tell(peer identity.PeerID, at netip.AddrPort) { p.tell(peer, at) }

// Dropped is how many datagrams came to nothing.
func (p *packets) Dropped() uint64 { return p.dropped.Load() }

// MaxDatagram is the longest datagram.
const MaxDatagram = maxDatagram

// FillTURN leaves no room for another peer at the node's address at a TURN server.
func (n *Node) FillTURN(ctx context.Context) error {
	t := n.punches.turns
	t.mu.Lock()
	conn := t.now.conn
	t.mu.Unlock()
	for i := byte(1); conn.Room(); i++ {
		if err := conn.Permit(ctx, netip.AddrFrom4([4]byte{9, 200, 1, i})); err != nil {
			return err
		}
	}
	return nil
}
