package overlay

import (
	"context"
	"net/netip"

	"filbert/overlay/wire"
)

// HitTo is a query hit of this servent without records, as a peer at remote is
// told one, our end of whose connection is local.
func (o *Overlay) HitTo(ctx context.Context, local, remote netip.Addr) (wire.QueryHit, error) {
	var hit wire.QueryHit
	err := o.run(ctx, func() { hit = o.core.hitTo(local, remote) })
	return hit, err
}
