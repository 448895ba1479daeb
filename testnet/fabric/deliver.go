package fabric

import "time"

// deliverLocked lets one event arrive, through the NAT boxes between the address it carries and its host.
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
			switch {
			case h == nil:
			case ev.inner != nil:
				h = n.hosts[ev.inner.addr]
			case h.behind != ev.link.realm:
				h = nil // a private address from outside
			case h.nat != nil || h.wall != nil:
				h, ev.drop = h.inwardLocked(ev, now)
				ev.inner = h
			}
			if ev.drop == 0 {
				if h != nil && h.paused && h.holdLocked(ev) {
					return
				}
				ev.drop = n.arriveLocked(h, ev, now)
			}
		}
		if ev.drop == DropNAT && ev.kind == SynAck {
			ev.src.halfOpenLocked()
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
	case ev.dst.host != h, // the receiver died, and its address lives again
		ev.kind != Reset && ev.kind != SynAck && ev.from != ev.dst.remote: // the sender has another address now
		if ev.kind != Reset {
			h.refuseLocked(ev, now)
		}
		return DropClosed
	}
	return ev.dst.segmentLocked(ev, now)
}
