package fabric

import (
	"math"
	"net/netip"
	"time"
)

// pending is a set of segments without data that are due to be sent.
type pending uint8

const (
	pendingSyn pending = 1 << iota
	pendingSynAck
	pendingAck
	pendingReset
)

// forever is the patience of TCP with a full link.
const forever time.Duration = math.MaxInt64

// flushLocked cuts what was written into segments, as far as the window of the peer allows, and sends the rest that
// is due. The bytes of all writes of one instant are together by now, so neither the bounds nor the times of writes
// show, only their order.
func (c *conn) flushLocked(now time.Duration) {
	n := c.host.net
	if c.host.dead {
		c.dirty = false
		c.dieLocked()
		return
	}
	if c.strandedLocked() {
		if c.dirty = false; c.closed { // nobody hears of it
			c.endLocked(0)
		}
		return
	}
	if c.host.paused || n.cutLocked(c.link) != nil {
		c.lingerLocked()
		n.stalled = append(n.stalled, c) // and stays dirty
		return
	}
	c.dirty = false
	due := c.pending
	c.pending = 0
	switch {
	case due&pendingReset != 0:
		if c.peer != nil {
			c.emitLocked(Reset, nil, 0, now)
		}
	case c.ended:
	case due&pendingSyn != 0 && !c.established:
		if c.local.Port() == 0 {
			if err := c.leaveLocked(); err != nil {
				c.dialEndsLocked(err)
				return
			}
		}
		c.emitLocked(Syn, nil, 0, now)
	case due&pendingSynAck != 0:
		c.emitLocked(SynAck, nil, 0, now)
	case c.established:
		if due&pendingAck != 0 {
			c.emitLocked(Ack, nil, 0, now)
		}
		c.sendLocked(now)
		c.lingerLocked()
	}
}

// sendLocked sends data, the end of the data, and how much was read.
func (c *conn) sendLocked(now time.Duration) {
	had := len(c.out)
	for len(c.out) > 0 && c.inFlight < receiveWindow {
		size := min(len(c.out), c.host.net.cfg.Segment, receiveWindow-c.inFlight)
		c.emitLocked(Data, c.out[:size:size], size, now)
		c.out = c.out[size:]
		c.inFlight += size
	}
	if len(c.out) == 0 {
		c.out = nil
	}
	if len(c.out) < had {
		c.writable.wakeLocked(c.host.net)
	}
	if c.finish && !c.finSent && len(c.out) == 0 {
		c.finSent = true
		c.emitLocked(Fin, nil, 0, now)
		if c.closed {
			c.forgetLocked()
		}
	}
	if c.unsaid >= windowUpdate && !c.eof {
		c.emitLocked(Window, nil, c.unsaid, now)
		c.unsaid = 0
	}
}

// emitLocked puts a segment on its way.
func (c *conn) emitLocked(kind Kind, data []byte, size int, now time.Duration) {
	nt := c.host.net
	n, at, _ := c.link.enter(&nt.cfg, now, headers(c.remote.Addr(), tcpHeader)+len(data), forever)
	c.arrival = max(c.arrival, at)
	from, drop := c.host.outwardLocked(kind, c.local, c.remote, c.link, now)
	nt.queue.push(&event{
		at: c.arrival, link: c.link, n: n, kind: kind, drop: drop, from: from, to: c.remote, size: size, data: data, src: c, dst: c.peer,
	})
}

// headers returns the bytes of headers of a packet to addr.
func headers(addr netip.Addr, transport int) int {
	if addr.Is4() {
		return ipv4Header + transport
	}
	return ipv6Header + transport
}
