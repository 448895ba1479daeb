package overlay

import (
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/wire"
)

// proveFirst puts off a request whose answer is longer than itself until its
// sender has shown that it is where it says: it is sent a bare ping, and its pong
// releases the answer. So nobody who forges a sender's address has us send more
// there than was sent to us (THREATS T2). A request that was padded to the length
// of its answer need not wait. It reports whether the request waits, or is
// dropped.
//
// Two servents that both do so would wait for one another: who began answers the
// other's ping at once.
func (c *Core) proveFirst(now time.Time, ev *Datagram) bool {
	if len(ev.Payload) >= paddedRequest || c.isProven(now, ev.From) {
		return false
	}
	if _, ours := c.udp.courted.get(now, who(ev.From)); ours {
		return false
	}
	if c.askPing(now, ev.From, wire.PingInfo{}, askedProof) {
		c.udp.held.put(now, ev.From, slices.Clone(ev.Payload))
	}
	return true
}

// release answers what waited for the proof of an address.
func (c *Core) release(now time.Time, ev *Datagram) {
	if request, ok := c.udp.held.get(now, ev.From); ok && request != nil {
		c.udp.held.put(now, ev.From, nil)
		c.openDatagram(now, &Datagram{From: ev.From, Local: ev.Local, Payload: request})
		c.udp.answered.put(now, who(ev.From), now.Add(-provenPause)) // it waited long enough
	}
}

// court notes that something is wanted of an address, of our own accord: it may
// want to know first that we are where we say.
func (c *Core) court(now time.Time, a netip.AddrPort) { c.udp.courted.put(now, who(a), struct{}{}) }
