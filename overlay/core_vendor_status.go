package overlay

import (
	"time"

	"filbert/overlay/wire"
)

// askStatus asks a leaf how many results of its query it kept. It reports
// whether the leaf can be asked.
func (c *Core) askStatus(n *neighbor, guid wire.GUID) bool {
	if !n.supports(wire.VendorStatusRequest) {
		return false
	}
	c.tell(n, guid, &wire.Vendor{ID: wire.VendorStatusRequest})
	return true
}

// statusResponse takes what a leaf tells of its query, asked or not: each telling
// is the new total.
func (c *Core) statusResponse(now time.Time, n *neighbor, guid wire.GUID, kept uint16) {
	a := c.askingFor(guid)
	if a == nil || a.owner != n.id {
		c.drop(n, DropNoRoute)
		return
	}
	a.control.Kept(kept)
	c.askOn(now)
}

// keep counts results that were delivered to a search.
func (s *searches) keep(guid wire.GUID, results int) {
	for i := range s.list {
		if s.list[i].guid == guid {
			s.list[i].kept += results
		}
	}
}

// statusRequest tells an ultrapeer how many results of a search of ours were
// kept; of a search it does not have, that it can stop.
func (c *Core) statusRequest(n *neighbor, guid wire.GUID) {
	kept := uint16(wire.StatusStop)
	for i := range c.searches.list {
		if s := &c.searches.list[i]; s.guid == guid {
			kept = uint16(min(s.kept, wire.StatusStop-1))
		}
	}
	c.tell(n, guid, wire.NewStatusResponse(kept))
}
