package fabric

import (
	"syscall"
	"time"
)

// segmentLocked takes a segment that arrived, of any kind but a SYN.
func (c *conn) segmentLocked(ev *event, now time.Duration) DropReason {
	switch {
	case ev.kind == SynAck:
		return c.synAckLocked(ev, now)
	case c.ended:
		return DropClosed
	case ev.kind == Reset:
		c.resetLocked()
	case ev.kind == Ack:
		c.acceptableLocked()
	case ev.kind == Fin:
		c.eof = true
		c.readable.wakeLocked(c.host.net)
	case ev.kind == Window:
		c.inFlight -= ev.size
		if len(c.out) > 0 {
			c.touchLocked(c)
		}
	case c.closed: // nobody reads the data any more
		c.abortLocked()
		return DropClosed
	default:
		if c.in == nil {
			c.in = ev.data
		} else {
			c.in = append(c.in, ev.data...)
		}
		c.readable.wakeLocked(c.host.net)
	}
	return 0
}

// synAckLocked ends a dial. The answer to one that was given up, or to a SYN that was sent twice, is reset.
func (c *conn) synAckLocked(ev *event, now time.Duration) DropReason {
	if c.ended || c.peer != nil {
		c.host.refuseLocked(ev, now)
		return DropClosed
	}
	c.peer = ev.src
	c.pending |= pendingAck
	c.touchLocked(c)
	c.dialEndsLocked(nil)
	return 0
}

// resetLocked ends the connection because the peer reset it. As on Linux, bytes that are there can still be read, and
// after an orderly end of the peer's stream the reset is known to writers only, as a broken pipe.
func (c *conn) resetLocked() {
	switch {
	case c.listener != nil:
		c.halfOpenLocked()
	case !c.established:
		c.dialEndsLocked(callError("connect", syscall.ECONNREFUSED))
	case c.eof:
		c.endLocked(syscall.EPIPE)
	default:
		c.endLocked(syscall.ECONNRESET)
	}
}
