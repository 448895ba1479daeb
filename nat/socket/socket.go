package socket

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Socket reads a UDP socket for several readers.
type Socket struct {
	conn   net.PacketConn
	ids    *IDs
	views  [kinds]*view
	sent   sent
	errors atomic.Uint64
	done   chan struct{} // closed by Close
	once   sync.Once
	wg     sync.WaitGroup
}

// addrPortConn is a socket that reads and writes without allocating addresses, as
// *net.UDPConn does.
type addrPortConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// New begins to read a socket, which belongs to the Socket from then on. Close ends
// it.
func New(conn net.PacketConn, ids *IDs) *Socket {
	s := &Socket{conn: conn, ids: ids, done: make(chan struct{})}
	for k, limits := range [kinds]queue{
		Gnutella: {maxPackets: gnutellaDatagrams, maxBytes: gnutellaBytes},
		STUN:     {maxPackets: stunDatagrams, maxBytes: stunBytes},
		QUIC:     {maxPackets: quicDatagrams, maxBytes: quicBytes},
	} {
		s.views[k] = newView(s, limits)
		s.views[k].notes = Kind(k) != Gnutella // whose reader remembers by itself
	}
	s.wg.Go(s.read)
	return s
}

// PacketConn returns the view of one kind, always the same one. Until it is called
// the datagrams of that kind are dropped. Closing the view leaves the others be.
//
// A read deadline is the view's own. So is a write deadline, but it is looked at
// before a write and does not interrupt one. What the view has besides the methods
// of a net.PacketConn are SetReadBuffer and SetWriteBuffer, for quic-go,
// ReadFromUDPAddrPort and WriteToUDPAddrPort, which allocate nothing, and Solicited,
// which tells where STUN and QUIC wrote to.
func (s *Socket) PacketConn(k Kind) net.PacketConn {
	v := s.views[k]
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wanted = true
	return v
}

// Close closes the socket and all views, and waits for the read loop.
func (s *Socket) Close() error {
	var err error
	s.once.Do(func() {
		close(s.done)
		err = s.conn.Close()
	})
	s.wg.Wait()
	return err
}

// read is the loop: it gives each datagram to its view, until the socket is closed.
func (s *Socket) read() {
	defer func() {
		for _, v := range s.views {
			v.Close()
		}
	}()
	read := reader(s.conn)
	buf := newBuffer()
	for {
		n, from, err := read(buf[:maxDatagram+1])
		switch {
		case err == nil:
			buf = s.views[Classify(buf[:n], s.ids)].put(packet{from: from, data: buf[:n]})
		case errors.Is(err, net.ErrClosed):
			return
		default: // an ICMP error of an earlier write, say
			s.errors.Add(1)
			select {
			case <-s.done:
				return
			case <-time.After(errorPause):
			}
		}
	}
}

// reader returns the cheapest way to read a socket.
func reader(conn net.PacketConn) func([]byte) (int, netip.AddrPort, error) {
	if c, ok := conn.(addrPortConn); ok {
		return c.ReadFromUDPAddrPort
	}
	return func(b []byte) (int, netip.AddrPort, error) {
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return 0, netip.AddrPort{}, err
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok {
			return 0, netip.AddrPort{}, errors.New("socket: not a UDP address")
		}
		return n, udp.AddrPort(), nil
	}
}
