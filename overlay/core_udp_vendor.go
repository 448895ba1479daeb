package overlay

import (
	"time"

	"filbert/overlay/wire"
)

// vendorDatagram handles a vendor message that came by UDP.
func (c *Core) vendorDatagram(now time.Time, ev *Datagram, f wire.Frame) {
	m, err := wire.Parse(f.Type(), f.Payload())
	v, ok := m.(*wire.Vendor)
	switch {
	case err != nil || !ok:
		c.drop(nil, DropMalformed)
		return
	case f.Hops() != 0:
		c.drop(nil, DropSingleHop)
		return
	}
	switch v.ID {
	case wire.VendorOOBOffer2, wire.VendorOOBOffer3:
		c.offerDatagram(now, ev, f, v)
	case wire.VendorOOBClaim2, wire.VendorOOBClaim3:
		c.claimDatagram(now, ev, f, v)
	case wire.VendorTimeRequest:
		if guid, reply := wire.NewTimeReply(f.GUID(), now, now); !c.proveFirst(now, ev) && c.room(now, ev.From, len(f)) > 0 {
			c.respond(now, ev.From, c.out.frame(guid, 1, reply))
		}
	case wire.VendorCrawlerPing:
		c.crawlerDatagram(now, ev, f, v)
	case wire.VendorHeadPing, wire.VendorHeadPing2:
		if c.proveFirst(now, ev) {
			return
		}
		if !c.isProven(now, ev.From) || c.room(now, ev.From, len(f)) == 0 {
			c.drop(nil, DropDatagram)
		} else if c.headDatagram(now, ev.From, f, v) != nil {
			c.drop(nil, DropMalformed)
		}
	default:
		c.drop(nil, DropUnsupported)
	}
}
