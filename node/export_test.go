package node

import (
	"context"
	"net"

	"filbert/transfer"
)

// Reach connects to a source as downloads do.
func (n *Node) Reach(ctx context.Context, src transfer.Source) (net.Conn, error) {
	return n.connector().Connect(ctx, src)
}
