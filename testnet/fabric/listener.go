package fabric

import (
	"net"
	"net/netip"
	"time"
)

// listener is a listening TCP socket.
type listener struct {
	host    *Host
	network string
	local   netip.AddrPort

	// Guarded by host.net.mu.
	closed   bool
	halfOpen int     // handshakes under way
	queue    []*conn // established, waiting for Accept
	ready    gate
}

func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }

func (l *listener) error(op string, err error) error {
	return &net.OpError{Op: op, Net: l.network, Addr: l.Addr(), Err: err}
}

func (l *listener) Accept() (net.Conn, error) {
	n := l.host.net
	n.mu.Lock()
	defer n.mu.Unlock()
	for !l.closed {
		if len(l.queue) > 0 {
			c := l.queue[0]
			l.queue[0] = nil
			l.queue = l.queue[1:]
			if len(l.queue) == 0 {
				l.queue = nil
			}
			return c, nil
		}
		l.ready.waitLocked(n)
	}
	return nil, l.error("accept", net.ErrClosed)
}

// Close stops listening and resets the connections nobody accepted.
func (l *listener) Close() error {
	n := l.host.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.closed {
		return l.error("close", net.ErrClosed)
	}
	l.closed = true
	delete(l.host.listeners, l.local.Port())
	for _, c := range l.queue {
		c.closed = true
		c.abortLocked()
	}
	l.queue = nil
	l.ready.wakeLocked(n)
	return nil
}

// synLocked answers a SYN: with a SYN-ACK, with a reset if nobody listens, and not at all if too many wait already.
func (h *Host) synLocked(ev *event, now time.Duration) DropReason {
	name := flow{ev.to, ev.from}
	if c := h.conns[name]; c != nil && c.peer == ev.src {
		return 0 // it was sent again while the answer is on its way
	}
	l := h.listeners[ev.to.Port()]
	if l == nil || !accepts(l.local.Addr(), ev.to.Addr()) {
		h.refuseLocked(ev, now)
		return DropClosed
	}
	if len(l.queue)+l.halfOpen >= acceptBacklog {
		return DropBacklog
	}
	_, back, err := h.routeLocked(ev.from.Addr())
	if err != nil {
		return DropClosed
	}
	c := newConn(h, l.network, ev.to, ev.from, back)
	c.peer, c.listener, c.pending = ev.src, l, pendingSynAck
	l.halfOpen++
	put(&h.conns, name, c)
	c.touchLocked(c)
	return 0
}

// acceptableLocked ends the handshake of a connection: it waits for Accept from now on.
func (c *conn) acceptableLocked() {
	l := c.listener
	if l == nil {
		return
	}
	c.listener = nil
	l.halfOpen--
	c.established = true
	if l.closed {
		c.closed = true
		c.abortLocked()
		return
	}
	l.queue = append(l.queue, c)
	l.ready.wakeLocked(c.host.net)
}

// halfOpenLocked gives up on a connection whose handshake does not end.
func (c *conn) halfOpenLocked() {
	if c.listener != nil {
		c.listener.halfOpen--
		c.listener = nil
		c.endLocked(0)
	}
}
