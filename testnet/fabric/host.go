package fabric

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Host is a machine with one address: the network of one node. Its methods return what package net does, errors
// included. There is no DNS: an address is an IP address (or localhost) and a port number. What is sent to a loopback
// address, or to the own one, stays on the host and arrives at once.
type Host struct {
	net  *Net
	addr netip.Addr

	// Guarded by net.mu.
	dead          bool
	nat           *NAT // it is a box
	behind        *NAT // it is behind a box
	wall          *Firewall
	paused        bool
	links         map[netip.Addr]*link // to each host that something was sent to
	conns         map[flow]*conn
	listeners     map[uint16]*listener
	sockets       map[uint16]*packetConn
	ports         uint64   // dynamic ports given so far
	held          []*event // arrived during a pause
	heldDatagrams int
}

// Listen announces on a local TCP address; network is tcp, tcp4 or tcp6. Without a host in the address, or an
// unspecified one, the listener takes connections to every address of the host, and says so in its Addr. Port 0
// chooses one. The context is not used.
func (h *Host) Listen(_ context.Context, network, address string) (net.Listener, error) {
	fail := func(addr net.Addr, err error) (net.Listener, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	local, err := h.parse(network, "tcp", address)
	if err != nil {
		return fail(nil, err)
	}
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	local, err = h.bindLocked(local, func(port uint16) bool { return h.listeners[port] != nil })
	if err != nil {
		return fail(net.TCPAddrFromAddrPort(local), err)
	}
	l := &listener{host: h, network: network, local: local}
	put(&h.listeners, local.Port(), l)
	return l, nil
}

// ListenPacket announces on a local UDP address; network is udp, udp4 or udp6, the address as for Listen. A datagram
// of more than 65,507 bytes is refused with EMSGSIZE; one larger than the MTU of the Net vanishes on its way.
func (h *Host) ListenPacket(_ context.Context, network, address string) (net.PacketConn, error) {
	fail := func(addr net.Addr, err error) (net.PacketConn, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	local, err := h.parse(network, "udp", address)
	if err != nil {
		return fail(nil, err)
	}
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	local, err = h.bindLocked(local, func(port uint16) bool { return h.sockets[port] != nil })
	if err != nil {
		return fail(net.UDPAddrFromAddrPort(local), err)
	}
	c := &packetConn{endpoint: endpoint{host: h, network: network, local: local}}
	put(&h.sockets, local.Port(), c)
	return c, nil
}

// bindLocked returns the address to bind to, with a port that is not taken.
func (h *Host) bindLocked(asked netip.AddrPort, taken func(uint16) bool) (netip.AddrPort, error) {
	addr, err := h.bindAddr(asked.Addr())
	port := asked.Port()
	switch {
	case err != nil:
	case h.dead:
		err = net.ErrClosed
	case port == 0:
		port, err = h.freePortLocked(taken)
	case taken(port):
		err = callError("bind", syscall.EADDRINUSE)
	}
	return netip.AddrPortFrom(addr, port), err
}

// linkLocked returns the link to another host.
func (h *Host) linkLocked(to netip.Addr) *link {
	l := h.links[to]
	if l == nil {
		l = newLink(h.net.cfg.Seed, h.addr, to)
		l.realm = h.behind
		h.links[to] = l
	}
	return l
}

// holdLocked keeps an event for the end of a pause, unless there are too many.
func (h *Host) holdLocked(ev *event) bool {
	if ev.kind == Datagram {
		if h.heldDatagrams == heldDatagrams {
			return false
		}
		h.heldDatagrams++
	}
	h.held = append(h.held, ev)
	return true
}

// refuseLocked answers a segment that arrived with a reset to its sender.
func (h *Host) refuseLocked(ev *event, now time.Duration) {
	_, l, err := h.routeLocked(ev.from.Addr())
	if err != nil || h.net.cutLocked(l) != nil {
		return
	}
	from, drop := h.outwardLocked(Reset, ev.to, ev.from, l, now)
	n, at, _ := l.enter(&h.net.cfg, now, headers(ev.to.Addr(), tcpHeader), forever)
	h.net.queue.push(&event{at: at, link: l, n: n, kind: Reset, drop: drop, from: from, to: ev.from, dst: ev.src})
}

// resetAllLocked resets every connection of the host.
func (h *Host) resetAllLocked(now time.Duration) {
	names := make([]flow, 0, len(h.conns))
	for name := range h.conns {
		names = append(names, name)
	}
	slices.SortFunc(names, flow.compare)
	for _, name := range names {
		if c := h.conns[name]; c.peer != nil && h.net.cutLocked(c.link) == nil {
			c.emitLocked(Reset, nil, 0, now)
		}
	}
}

// dieLocked closes everything the host has, without a word to others.
func (h *Host) dieLocked() {
	h.dead = true
	for _, c := range h.conns {
		c.dieLocked()
	}
	for _, l := range h.listeners {
		for _, c := range l.queue {
			c.dieLocked()
		}
		l.closed, l.queue = true, nil
		l.ready.wakeLocked(h.net)
	}
	for _, s := range h.sockets {
		s.dieLocked()
	}
	h.conns, h.listeners, h.sockets, h.held, h.heldDatagrams = nil, nil, nil, nil, 0
	h.net.unstallLocked() // dials that have not left yet end
}

// put adds to a map that may be nil yet: most hosts need few of theirs.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = make(map[K]V)
	}
	(*m)[k] = v
}
