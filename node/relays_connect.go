package node

import (
	"context"
	"errors"
	"fmt"
	"net"

	"filbert/nat"
	"filbert/nat/relay"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// ErrNotItsKey says that the key a source was told to have is not that of its servent
// GUID, which is made of the key.
var ErrNotItsKey = errors.New("the key it is told to have is not its own")

// connect reaches a source over one of its relays, and has a path through the NATs
// opened meanwhile. The connection is a transfer.Limited.
func (r *relays) connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	c, err := r.circuit(ctx, src)
	if err != nil {
		return nil, err
	}
	peer := identity.PeerID(src.Peer)
	r.punches.begin(src, true)
	return &limitedConn{Conn: c, room: c.Grant.Room(), better: func() bool { return r.punches.leads(peer) }}, nil
}

// circuit opens one to a source.
func (r *relays) circuit(ctx context.Context, src transfer.Source) (*relay.Conn, error) {
	peer := identity.PeerID(src.Peer)
	if peer.GUID() != src.Servent {
		return nil, fmt.Errorf("node: relay to %v: %w", peer, ErrNotItsKey)
	}
	var ways []nat.Way
	for i, at := range src.Relays[:min(len(src.Relays), maxAskedRelays)] {
		w := nat.Way{Name: at.String(), Dial: func(ctx context.Context) (net.Conn, error) {
			c, err := r.client.Dial(ctx, at, relay.PeerID(peer), identity.DialTLS(peer))
			if err != nil {
				return nil, err
			}
			return c, nil
		}}
		if i > 0 {
			w.HeadStart = relayHeadStart
		}
		ways = append(ways, w)
	}
	conn, _, err := nat.Race(ctx, ways)
	if err != nil {
		return nil, fmt.Errorf("node: relay: %w", err)
	}
	return conn.(*relay.Conn), nil // as all ways make one
}

// limitedConn is our end of a circuit. It is a transfer.Limited.
type limitedConn struct {
	*relay.Conn
	room   int64       // owned by who reads
	better func() bool // there is a better way by now
}

// Room implements transfer.Limited. There is none once there is a better way.
func (c *limitedConn) Room() int64 {
	if c.better() {
		return 0
	}
	return c.room
}

// Read implements net.Conn.
func (c *limitedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.room -= int64(n)
	return n, spent(err)
}

// Write implements net.Conn.
func (c *limitedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, spent(err)
}

func spent(err error) error {
	if errors.Is(err, relay.ErrSpent) {
		return fmt.Errorf("%w: %w", transfer.ErrSpent, err)
	}
	return err
}
