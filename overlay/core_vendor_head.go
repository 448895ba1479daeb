package overlay

import (
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/wire"
)

// Holding is what a node has of a file.
type Holding struct {
	Code  wire.HeadCode // without HeadFirewalled
	Queue int8          // minus the free upload slots, or how many wait; see wire.HeadPong
}

// Holder knows what a node shares. It is called by the loop and never blocks.
type Holder interface {
	// Holding tells what there is of the file with a SHA-1.
	Holding(sha1 [20]byte) Holding
}

// nothing is the Holder of a node that shares nothing.
type nothing struct{}

// Holding implements Holder.
func (nothing) Holding([20]byte) Holding { return Holding{} }

// answerHead makes the head pong to a head ping, which shall be told that we are
// firewalled or not.
func answerHead(version wire.VendorID, ping wire.HeadPing, files Holder, firewalled bool) *wire.Vendor {
	h := files.Holding(ping.SHA1)
	pong := wire.HeadPong{Code: h.Code, Vendor: vendor, Queue: h.Queue}
	if h.Code != wire.HeadNone && firewalled {
		pong.Code |= wire.HeadFirewalled
	}
	return wire.NewHeadPong(version, pong)
}

// headPing answers a head ping that came over a link. Only our push proxies have
// reason to send one: others reach us by UDP.
func (c *Core) headPing(n *neighbor, muid wire.GUID, v *wire.Vendor) error {
	ping, err := v.HeadPing()
	switch {
	case err != nil:
		return err
	case ping.Servent != c.cfg.GUID || !n.vendor.proxy.at.IsValid():
		c.drop(n, DropRole)
	default:
		c.tell(n, muid, answerHead(v.ID, ping, c.cfg.Holder, !c.openTo(n)))
	}
	return nil
}

// forwardedHead is a head ping that was passed on to a neighbor whose push proxy
// we are.
type forwardedHead struct {
	guid wire.GUID
	to   *neighbor
	back netip.AddrPort // who asked, over UDP
	at   time.Time
}

// headDatagram answers a head ping that came over UDP, or passes it on to the
// neighbor that is meant. The caller has found that its sender may be answered
// now.
func (c *Core) headDatagram(now time.Time, from netip.AddrPort, f wire.Frame, v *wire.Vendor) error {
	ping, err := v.HeadPing()
	if err != nil {
		return err
	}
	if ping.Servent.IsZero() || ping.Servent == c.cfg.GUID {
		c.dispatch(now, from, c.out.frame(f.GUID(), 1, answerHead(v.ID, ping, c.cfg.Holder, c.firewalled())))
		return nil
	}
	to := c.proxied(ping.Servent)
	if to == nil {
		c.drop(nil, DropNoRoute)
		return nil
	}
	c.heads = slices.DeleteFunc(c.heads, func(h forwardedHead) bool { return h.guid == f.GUID() || now.Sub(h.at) >= headLifetime })
	if len(c.heads) == maxHeads {
		c.heads = slices.Delete(c.heads, 0, 1)
	}
	c.heads = append(c.heads, forwardedHead{f.GUID(), to, from, now})
	passed := c.out.frame(f.GUID(), 1, v)
	passed.SetTTL(1, 1)
	c.send(to, passed)
	return nil
}

// proxiedHead reports whether a frame is a head ping on its way from a push proxy
// to its neighbor: the one vendor message that travels on.
func proxiedHead(f wire.Frame) bool {
	if f.Type() != wire.TypeVendor || f.Hops() != 1 || f.TTL() != 1 {
		return false
	}
	m, err := wire.Parse(f.Type(), f.Payload())
	v, ok := m.(*wire.Vendor)
	return err == nil && ok && (v.ID == wire.VendorHeadPing || v.ID == wire.VendorHeadPing2)
}

// headPong passes the answer of a neighbor on to who asked, once.
func (c *Core) headPong(now time.Time, n *neighbor, f wire.Frame) {
	i := slices.IndexFunc(c.heads, func(h forwardedHead) bool {
		return h.guid == f.GUID() && h.to == n && now.Sub(h.at) < headLifetime
	})
	if i < 0 {
		c.drop(n, DropNoRoute)
		return
	}
	f.SetTTL(1, 0)
	c.dispatch(now, c.heads[i].back, f)
	c.heads = slices.Delete(c.heads, i, i+1)
}
