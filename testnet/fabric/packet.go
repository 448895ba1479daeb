package fabric

import (
	"bytes"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// packetConn is a UDP socket. All fields are guarded by the lock of the Net.
type packetConn struct {
	endpoint
	out      []datagram // written in this instant, or during a pause
	inFlight int        // written, and not yet arrived or lost
	in       []datagram // received, and not read yet
	queued   int        // bytes the received ones take
}

type datagram struct {
	from, to netip.AddrPort
	link     *link
	data     []byte
	drop     DropReason // a NAT box did not let it out
}

func (c *packetConn) name() flow { return flow{local: netip.AddrPortFrom(c.host.addr, c.local.Port())} }

func (c *packetConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.local) }

func (c *packetConn) error(op string, remote net.Addr, err error) error {
	return &net.OpError{Op: op, Net: c.network, Source: c.LocalAddr(), Addr: remote, Err: err}
}

// ReadFrom reads one datagram. What does not fit into p is lost.
func (c *packetConn) ReadFrom(p []byte) (int, net.Addr, error) {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	for {
		if err := c.usableLocked(&c.readBy); err != nil {
			return 0, nil, c.error("read", nil, err)
		}
		if len(c.in) > 0 {
			break
		}
		c.readable.waitLocked(c.host.net)
	}
	d := c.in[0]
	c.in[0] = datagram{}
	c.in = c.in[1:]
	if len(c.in) == 0 {
		c.in = nil
	}
	c.queued -= len(d.data) + datagramOverhead
	return copy(p, d.data), net.UDPAddrFromAddrPort(d.from), nil
}

// WriteTo sends one datagram. It blocks while too many of the socket are on their way.
func (c *packetConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	if err := c.writeToLocked(p, addr); err != nil {
		return 0, c.error("write", addr, err)
	}
	return len(p), nil
}

func (c *packetConn) writeToLocked(p []byte, addr net.Addr) error {
	for {
		if err := c.usableLocked(&c.writeBy); err != nil {
			return err
		}
		if c.inFlight < socketInFlight {
			break
		}
		c.writable.waitLocked(c.host.net)
	}
	udp, ok := addr.(*net.UDPAddr)
	if !ok || udp == nil {
		return syscall.EINVAL
	}
	to := udp.AddrPort()
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	from, link, err := c.host.routeLocked(to.Addr())
	switch {
	case err != nil:
		return callError("sendto", syscall.ENETUNREACH)
	case to.Port() == 0:
		return callError("sendto", syscall.EINVAL)
	case len(p) > maxDatagram:
		return callError("sendto", syscall.EMSGSIZE)
	}
	if bound := c.local.Addr(); !bound.IsUnspecified() {
		if bound != c.host.addr && !bound.IsLoopback() { // it has moved
			return callError("sendto", syscall.EINVAL)
		}
		if bound.IsLoopback() && !to.Addr().IsLoopback() {
			return callError("sendto", syscall.EINVAL)
		}
		from = bound
	}
	c.inFlight++
	c.out = append(c.out, datagram{netip.AddrPortFrom(from, c.local.Port()), to, link, bytes.Clone(p), 0})
	c.touchLocked(c)
	return nil
}

// flushLocked sends the datagrams in the order they were written.
func (c *packetConn) flushLocked(now time.Duration) {
	if c.host.paused {
		c.host.net.stalled = append(c.host.net.stalled, c)
		return
	}
	c.dirty = false
	out := c.out
	c.out = nil
	for _, d := range out {
		d.from, d.drop = c.host.outwardLocked(Datagram, d.from, d.to, d.link, now)
		c.host.net.postLocked(d, c, now)
	}
}

// postLocked puts a datagram on its way. The socket, if any, is told when it no longer counts as in flight.
func (n *Net) postLocked(d datagram, sock *packetConn, now time.Duration) {
	l := d.link
	ev := &event{link: l, kind: Datagram, from: d.from, to: d.to, size: len(d.data), data: d.data, sock: sock, drop: d.drop}
	if c := n.cutLocked(l); c != nil && ev.drop == 0 {
		if c.Hold && len(c.held) < heldDatagrams {
			c.held = append(c.held, d)
			if sock != nil {
				sock.arrivedLocked()
			}
			return
		}
		ev.drop = DropPartition
	}
	size := headers(d.to.Addr(), udpHeader) + len(d.data)
	var fits bool
	ev.n, ev.at, fits = l.enter(&n.cfg, now, size, linkQueue)
	switch {
	case ev.drop != 0 || l.From == l.To:
	case size > n.cfg.MTU:
		ev.drop = DropMTU
	case !fits:
		ev.drop = DropLink
	case n.cfg.Loss != nil && n.cfg.Loss(l.draw(ev.n, forLoss)):
		ev.drop = DropLoss
	}
	n.queue.push(ev)
}

// arrivedLocked makes room for another datagram.
func (c *packetConn) arrivedLocked() {
	c.inFlight--
	c.writable.wakeLocked(c.host.net)
}

// datagramLocked gives a datagram to the socket of its port.
func (h *Host) datagramLocked(ev *event) DropReason {
	c := h.sockets[ev.to.Port()]
	if c == nil || !accepts(c.local.Addr(), ev.to.Addr()) {
		return DropClosed
	}
	if c.queued+len(ev.data)+datagramOverhead > receiveQueue {
		return DropQueue
	}
	c.queued += len(ev.data) + datagramOverhead
	c.in = append(c.in, datagram{from: ev.from, to: ev.to, data: ev.data})
	c.readable.wakeLocked(h.net)
	return 0
}

// Close ends the socket. What was written is still sent.
func (c *packetConn) Close() error {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	if c.closed {
		return c.error("close", nil, net.ErrClosed)
	}
	delete(c.host.sockets, c.local.Port())
	c.in, c.queued = nil, 0
	c.shutLocked()
	return nil
}

// dieLocked closes the socket with its host: nothing more is sent.
func (c *packetConn) dieLocked() {
	c.in, c.queued, c.out = nil, 0, nil
	c.shutLocked()
}

func (c *packetConn) SetDeadline(t time.Time) error { return c.setError(c.setDeadlines(t, true, true)) }
func (c *packetConn) SetReadDeadline(t time.Time) error {
	return c.setError(c.setDeadlines(t, true, false))
}
func (c *packetConn) SetWriteDeadline(t time.Time) error {
	return c.setError(c.setDeadlines(t, false, true))
}

func (c *packetConn) setError(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set", Net: c.network, Addr: c.LocalAddr(), Err: err}
}
