package node

import (
	"context"
	"net/netip"
	"time"

	"filbert/overlay/wire"
	"filbert/query"
	"filbert/query/flood"
	"filbert/transfer"
)

// features is what HTTP answers say we can do.
func (c Config) features() string {
	if c.Browse {
		return "browse/1.0"
	}
	return ""
}

// lastChange is when the index last changed.
func (n *Node) lastChange() time.Time { return time.Unix(0, n.changed.Load()) }

// self names the node in the listings of its files. It implements flood.Self.
type self struct{ n *Node }

// HitTo implements flood.Self.
func (s self) HitTo(ctx context.Context, local, remote netip.Addr) (wire.QueryHit, error) {
	return s.n.overlay.HitTo(ctx, local, remote)
}

// Browsing is a servent that lists its files.
type Browsing struct {
	node *Node
	*flood.Browsing
}

// Browse asks a servent for all it shares and waits until it begins to answer.
// The Browsing must be closed. The error is a *flood.BrowseError if the servent
// answered something else.
func (n *Node) Browse(ctx context.Context, src transfer.Source) (*Browsing, error) {
	browser := flood.Browser{Connector: n.connector(), Agent: n.cfg.agent()}
	b, err := browser.Open(ctx, src)
	if err != nil {
		return nil, err
	}
	return &Browsing{n, b}, nil
}

// Each calls found for every file, with the result it belongs to, until the list
// ends: nil then, flood.ErrListingCut if it is too long.
func (b *Browsing) Each(found func(query.Result, query.Hit)) error {
	return b.Browsing.Each(b.node.numbering(found))
}
