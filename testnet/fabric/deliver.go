package fabric

import "time"

// deliverLocked lets one event arrive. NAT boxes will stand here: between the address an event carries and its host.
func (n *Net) deliverLocked(ev *event, now time.Duration) {
	if ev.kind == Faulted {
		ev.fault.apply(n, now)
	} else {
		if ev.sock != nil {
			ev.sock.arrivedLocked()
			ev.sock = nil
		}
		if ev.drop == 0 {
			h := n.hosts[ev.link.To]
			if h != nil && h.paused && h.holdLocked(ev) {
				return
			}
			ev.drop = n.arriveLocked(h, ev, now)
		}
	}
	n.counters.count(ev)
	n.trace.record(ev)
}

// arriveLocked gives a segment or datagram to the host.
func (n *Net) arriveLocked(h *Host, ev *event, now time.Duration) DropReason {
	switch {
	case h == nil || h.dead:
		if ev.kind == SynAck {
			ev.src.halfOpenLocked()
		}
		return DropNoHost
	case h.paused:
		return DropPaused
	case ev.kind == Datagram:
		return h.datagramLocked(ev)
	case ev.kind == Syn:
		return h.synLocked(ev, now)
	case ev.dst.host != h: // the receiver died, and its address lives again
		if ev.kind != Reset {
			h.refuseLocked(ev.to, ev.src, now)
		}
		return DropClosed
	}
	return ev.dst.segmentLocked(ev, now)
}
