package nat

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// ListenPacket opens a UDP port. What it writes to an address for which there is no room
// is lost, as any datagram may be, and counted.
func (r *Router) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	c, err := r.network.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.ports++
	p := &port{PacketConn: c, r: r, number: r.ports}
	r.mu.Unlock()
	if udp, ok := c.(udpConn); ok {
		return &udpPort{p, udp}, nil
	}
	return p, nil
}

// udpConn is what a UDP socket of the system can besides: read and write without
// allocating addresses, and set its buffers.
type udpConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
}

// port is a UDP port.
type port struct {
	net.PacketConn
	r      *Router
	number int

	mu           sync.Mutex // Below: what was asked last need not be asked again for a while.
	to, from     netip.AddrPort
	toAt, fromAt time.Time
}

// WriteTo implements net.PacketConn.
func (p *port) WriteTo(b []byte, to net.Addr) (int, error) {
	if udp, ok := to.(*net.UDPAddr); ok && !p.may(udp.AddrPort()) {
		return len(b), nil
	}
	return p.PacketConn.WriteTo(b, to)
}

// ReadFrom implements net.PacketConn.
func (p *port) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := p.PacketConn.ReadFrom(b)
	if udp, ok := from.(*net.UDPAddr); ok && err == nil {
		p.read(udp.AddrPort())
	}
	return n, from, err
}

// udpPort is one of the system.
type udpPort struct {
	*port
	udpConn
}

// ReadFromUDPAddrPort does the same as ReadFrom.
func (p *udpPort) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := p.udpConn.ReadFromUDPAddrPort(b)
	if err == nil {
		p.read(from)
	}
	return n, from, err
}

// WriteToUDPAddrPort does the same as WriteTo.
func (p *udpPort) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if !p.may(to) {
		return len(b), nil
	}
	return p.udpConn.WriteToUDPAddrPort(b, to)
}

// may reports whether something may be written to an address.
func (p *port) may(to netip.AddrPort) bool {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if to == p.to && now.Sub(p.toAt) < entryPause {
		return true
	}
	key := netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if !p.r.spares(key.Addr()) {
		p.r.mu.Lock()
		defer p.r.mu.Unlock()
		if !p.r.entries.Write(now, remote{p.number, key}) {
			return false
		}
	}
	p.to, p.toAt = to, now
	return true
}

// read notes who wrote to us.
func (p *port) read(from netip.AddrPort) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if from == p.from && now.Sub(p.fromAt) < entryPause {
		return
	}
	p.from, p.fromAt = from, now
	key := netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if p.r.spares(key.Addr()) {
		return
	}
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.r.entries.Read(now, remote{p.number, key})
}
