package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/wire"
)

// inflateDatagram undoes the compression of a datagram. Only those whom we sent
// something lately are worth the work, and only so much of it.
func (c *Core) inflateDatagram(now time.Time, from netip.AddrPort, f wire.Frame) (wire.Frame, DropReason, bool) {
	if _, known := c.udp.contacts.get(now, who(from)); !known {
		return nil, DropUnasked, false
	}
	limit := min(maxInflated, max(inflateAllowance, len(f.Payload())*inflateRatio))
	if !c.udp.inflated.take(now, limit) {
		return nil, DropDatagram, false
	}
	payload, err := deflate.Inflate(nil, f.Payload(), limit)
	if err != nil {
		return nil, DropMalformed, false
	}
	c.udp.inflated.used -= float64(limit - len(payload)) // what was not needed
	m := &wire.Opaque{Kind: f.Type(), Payload: payload}
	return wire.AppendFrame(nil, f.GUID(), f.TTL()&^wire.TTLDeflated, f.Hops(), m), 0, true
}

// deflateDatagram returns a message of ours as a frame with a deflated payload,
// unless that is no shorter.
func deflateDatagram(f wire.Frame) wire.Frame {
	z := deflate.Deflate(nil, f.Payload())
	if len(z) >= len(f.Payload()) {
		return f
	}
	return wire.AppendFrame(nil, f.GUID(), f.TTL()|wire.TTLDeflated, f.Hops(), &wire.Opaque{Kind: f.Type(), Payload: z})
}
