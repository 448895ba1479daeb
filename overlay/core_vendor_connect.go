package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// connectBack calls a neighbor that wants to know whether it can be reached: at
// the address it is connected from, and nowhere else.
func (c *Core) connectBack(now time.Time, n *neighbor, muid wire.GUID, v *wire.Vendor) error {
	port, ping, err := v.ConnectBack(muid)
	if err != nil {
		return err
	}
	to := netip.AddrPortFrom(n.remote.Addr(), port)
	limit := &c.calls.udp
	if v.ID == wire.VendorTCPConnectBack {
		limit = &c.calls.tcp
	}
	switch {
	case port < minCallPort:
		c.drop(n, DropTarget)
	case !limit.allow(now, to):
		c.drop(n, DropCallMany)
	case v.ID == wire.VendorTCPConnectBack:
		c.out.add(&Probe{to})
	default: // it may test us likewise: what goes there from our port would open it for that
		f := c.out.frame(ping, 1, &wire.Ping{})
		c.udp.traffic.Sent.count(f.Type(), len(f))
		c.out.add(&Reply{To: to, Frame: f, Aside: true})
	}
	return nil
}

// redirect calls a servent for another ultrapeer, which cannot judge by its own
// call what strangers can. It is never passed on.
func (c *Core) redirect(now time.Time, n *neighbor, v *wire.Vendor) error {
	to, err := v.Redirect()
	if err != nil {
		return err
	}
	switch {
	case n.peer.Role != handshake.RoleUltrapeer:
		c.drop(n, DropRole)
	case hostcache.Class(to.Addr()) == hostcache.Private, hostcache.Class(to.Addr()) == hostcache.Loopback, !c.callable(to, n.remote.Addr()):
		c.drop(n, DropTarget)
	case !c.calls.redirects.allow(now, to) || !c.calls.tcp.allow(now, to):
		c.drop(n, DropCallMany)
	default:
		c.out.add(&Probe{to})
	}
	return nil
}
