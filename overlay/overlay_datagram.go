package overlay

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"filbert/overlay/wire"
)

// packetCounts counts datagrams that never became events.
type packetCounts struct {
	malformed atomic.Uint64 // no message
	foreign   atomic.Uint64 // of another protocol
	busy      atomic.Uint64 // the loop had too much to do
	unwanted  atomic.Uint64 // pongs of no use to the sink
}

// Packets is what came to the UDP port and was not handled: what is no message,
// what is of other protocols, what came too fast, and pongs nobody had use for.
type Packets struct{ Malformed, Foreign, Busy, Unwanted uint64 }

func (p *packetCounts) load() Packets {
	return Packets{p.malformed.Load(), p.foreign.Load(), p.busy.Load(), p.unwanted.Load()}
}

// SendDatagram sends a message to a host by UDP, or loses it, as any datagram
// may be lost. Pongs that answer a ping within half a minute go to Options.Pongs.
// The frame is the overlay's from now on.
func (o *Overlay) SendDatagram(to netip.AddrPort, frame wire.Frame) error {
	return o.tell(&Transmit{to, frame})
}

// ponged hands a pong over.
func (o *Overlay) ponged(e *Ponged) {
	if o.pongs == nil || !o.pongs.Received(e.From, e.Frame) {
		o.counts.unwanted.Add(1)
	}
}

// sendDatagram carries a Reply effect out. It is lost if it cannot leave, like any
// datagram may be.
func (o *Overlay) sendDatagram(e *Reply) {
	conn := o.packets
	if conn == nil {
		return
	}
	if e.Aside && o.aside != nil {
		local := netip.AddrPortFrom(hostOf(conn.LocalAddr()).Addr(), 0)
		other, err := o.aside.ListenPacket(o.life, "udp", local.String())
		if err != nil {
			o.log.Debug().Err(err).Msg("no other UDP port")
			return
		}
		defer other.Close()
		conn = other
	}
	conn.WriteTo(e.Frame, net.UDPAddrFromAddrPort(e.To))
}

// ServeDatagrams reads a packet connection until it is closed or ctx ends, and
// sends over it. What is no message costs no memory. If others send from the same
// port, its Solicited tells whether they did to an address of late.
func (o *Overlay) ServeDatagrams(ctx context.Context, pc net.PacketConn) error {
	if err := o.run(ctx, func() { o.packets = pc }); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	stop := context.AfterFunc(ctx, func() { pc.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	read, local := packetReader(pc), hostOf(pc.LocalAddr()).Addr()
	solicited := func(netip.AddrPort) bool { return false } // nobody else writes there
	if shared, ok := pc.(interface{ Solicited(netip.AddrPort) bool }); ok {
		solicited = shared.Solicited
	}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := read(buf)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			continue // an ICMP error of an earlier answer, say
		case o.wanted(buf[:n]):
			from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			o.post(letter{event: &Datagram{From: from, Local: local, Payload: append([]byte(nil), buf[:n]...), Solicited: solicited(from)}})
		}
	}
}

// wanted reports whether a datagram is worth a letter to the loop, and counts
// it if not.
func (o *Overlay) wanted(payload []byte) bool {
	switch classify(payload) {
	case datagramMalformed:
		o.counts.malformed.Add(1)
	case datagramForeign:
		o.counts.foreign.Add(1)
	default:
		if len(o.inbox) <= inboxSize/2 {
			return true
		}
		o.counts.busy.Add(1)
	}
	return false
}

// packetReader reads datagrams without allocating where pc can.
func packetReader(pc net.PacketConn) func([]byte) (int, netip.AddrPort, error) {
	if u, ok := pc.(interface {
		ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	}); ok {
		return u.ReadFromUDPAddrPort
	}
	return func(b []byte) (int, netip.AddrPort, error) {
		n, from, err := pc.ReadFrom(b)
		if err != nil {
			return 0, netip.AddrPort{}, err
		}
		if u, ok := from.(*net.UDPAddr); ok {
			return n, u.AddrPort(), nil
		}
		return 0, netip.AddrPort{}, nil
	}
}
