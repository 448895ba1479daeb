package overlay

import (
	"encoding/binary"
	"time"

	"filbert/overlay/wire"
)

// datagramKind is what a UDP packet is at first sight.
type datagramKind uint8

const (
	datagramMalformed datagramKind = iota // no message, or none that may come by UDP
	datagramForeign                       // of another protocol that shares the port, or RUDP, DHT
	datagramMessage                       // a message of ours to handle
)

// stunCookie stands at byte 4 of every STUN message (RFC 8489 §5).
const stunCookie = 0x2112A442

// classify tells what a UDP packet is, by its length and a few bytes. It
// allocates nothing: whatever arrives passes here.
func classify(b []byte) datagramKind {
	if len(b) < wire.HeaderLen || int64(binary.LittleEndian.Uint32(b[wire.HeaderLen-4:])) != int64(len(b)-wire.HeaderLen) {
		return foreignOr(b)
	}
	f := wire.Frame(b)
	deflated := f.TTL()&wire.TTLDeflated != 0
	switch f.Type() {
	case wire.TypePong, wire.TypeVendor, wire.TypeStandard, wire.TypeQueryHit:
		return datagramMessage
	case wire.TypePing, wire.TypePush, wire.TypeQuery:
		if !deflated {
			return datagramMessage
		}
	case wire.TypeRUDP, wire.TypeDHT:
		return datagramForeign
	}
	return foreignOr(b)
}

// foreignOr recognizes other protocols: STUN, and the fragments of gtk-gnutella's
// semi-reliable layer, which nobody sends who was not asked to.
func foreignOr(b []byte) datagramKind {
	switch {
	case len(b) >= 20 && b[0]&0xC0 == 0 && binary.BigEndian.Uint32(b[4:]) == stunCookie:
		return datagramForeign
	case len(b) >= 8 && b[0] == 'G' && (b[1] == 'T' && b[2] == 'A' || b[1] == 'N' && b[2] == 'D'):
		return datagramForeign
	}
	return datagramMalformed
}

// datagram handles one UDP packet. Its sender's address is unproven unless we
// know better.
func (c *Core) datagram(now time.Time, ev *Datagram) {
	switch classify(ev.Payload) {
	case datagramMalformed:
		c.drop(nil, DropMalformed)
		return
	case datagramForeign:
		c.drop(nil, DropUnsupported)
		return
	}
	f := wire.Frame(ev.Payload)
	c.udp.traffic.Received.count(f.Type(), len(f))
	c.unsolicited(now, ev)
	c.openDatagram(now, ev)
}

// openDatagram handles a packet that holds a message.
func (c *Core) openDatagram(now time.Time, ev *Datagram) {
	f := wire.Frame(ev.Payload)
	if f.TTL()&wire.TTLDeflated != 0 {
		var why DropReason
		var ok bool
		if f, why, ok = c.inflateDatagram(now, ev.From, f); !ok {
			c.drop(nil, why)
			return
		}
	}
	switch f.Type() {
	case wire.TypePing:
		c.pingDatagram(now, ev, f)
	case wire.TypePong:
		c.pongDatagram(now, ev, f)
	case wire.TypeVendor, wire.TypeStandard:
		c.vendorDatagram(now, ev, f)
	case wire.TypeQueryHit:
		c.hitDatagram(now, ev, f)
	case wire.TypeQuery:
		c.queryDatagram(now, ev, f)
	case wire.TypePush:
		c.pushDatagram(now, ev, f)
	}
}
