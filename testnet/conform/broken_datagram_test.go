package conform

import (
	"bytes"
	"net"
	"net/netip"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// datagrams passes datagrams on, those of each sender from a port of its own at
// the sender's host, until the port of the broken servent is closed.
func (s *broken) datagrams(port *net.UDPConn, sound netip.AddrPort) {
	ways := map[netip.AddrPort]*net.UDPConn{}
	defer func() {
		for _, way := range ways {
			way.Close()
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, from, err := port.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		way := ways[from]
		if way == nil {
			own := net.UDPAddr{IP: from.Addr().Unmap().AsSlice()}
			if way, err = net.DialUDP("udp", &own, net.UDPAddrFromAddrPort(sound)); err != nil {
				return
			}
			ways[from] = way
			s.work.Go(func() { s.answers(way, port, from) })
		}
		for _, out := range spoiltDatagram(s.fault.ask, buf[:n]) {
			if out.way == back {
				port.WriteToUDPAddrPort(out.Frame, from)
			} else {
				way.Write(out.Frame)
			}
		}
	}
}

// answers passes on what the sound servent sends to a sender.
func (s *broken) answers(way, port *net.UDPConn, to netip.AddrPort) {
	buf := make([]byte, 1<<16)
	for {
		n, err := way.Read(buf)
		if err != nil {
			return
		}
		for _, out := range spoiltDatagram(s.fault.tell, buf[:n]) {
			port.WriteToUDPAddrPort(out.Frame, to)
		}
	}
}

// spoiltDatagram is what a fault makes of a datagram.
func spoiltDatagram(spoil func(wire.Frame) []frame, b []byte) []frame {
	if spoil == nil {
		spoil = pass
	}
	return spoil(bytes.Clone(b))
}

// telling makes pongs tell one extension and nothing else.
func telling(id, data string) func(wire.Frame) []frame {
	return when(wire.TypePong, func(f wire.Frame) []frame {
		m, err := wire.Parse(f.Type(), f.Payload())
		pong, ok := m.(*wire.Pong)
		if err != nil || !ok {
			return pass(f)
		}
		pong.Ext = ggep.AppendPlain(nil, ggep.Extension{ID: id, Data: []byte(data)})
		return pass(wire.AppendFrame(nil, f.GUID(), f.TTL(), f.Hops(), pong))
	})
}
