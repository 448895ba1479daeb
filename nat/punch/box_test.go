package punch

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// box is a NAT by RFC 4787: each mapping is a socket on its outside.
type box struct {
	mapping, filtering Dependence
	listen             func() net.PacketConn // of the next port outside
}

// natted is a socket behind a box.
type natted struct {
	box   *box
	local net.Addr
	in    chan event
	done  chan struct{}
	wg    sync.WaitGroup

	mu       sync.Mutex
	mappings map[netip.AddrPort]*mapping // by destination, as far as it matters
	expired  chan struct{}
	closed   bool
}

type mapping struct {
	net.PacketConn
	mu  sync.Mutex
	out map[netip.AddrPort]bool // destinations, as far as they matter
}

// socket makes a socket inside.
func (b *box) socket(local string) *natted {
	return &natted{box: b, local: net.UDPAddrFromAddrPort(at(local)), in: make(chan event, 1000), done: make(chan struct{}),
		mappings: map[netip.AddrPort]*mapping{}, expired: make(chan struct{})}
}

// of leaves of an address what matters.
func (d Dependence) of(a netip.AddrPort) netip.AddrPort {
	switch d {
	case Independent:
		return netip.AddrPort{}
	case OnAddress:
		return netip.AddrPortFrom(a.Addr(), 0)
	}
	return a
}

func (s *natted) WriteTo(p []byte, addr net.Addr) (int, error) {
	to := addrPort(addr, netip.AddrPort{})
	m := s.mapTo(to)
	if m == nil {
		return 0, net.ErrClosed
	}
	m.mu.Lock()
	m.out[s.box.filtering.of(to)] = true
	m.mu.Unlock()
	return m.WriteTo(p, addr)
}

// mapTo returns the mapping to a destination.
func (s *natted) mapTo(to netip.AddrPort) *mapping {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	key := s.box.mapping.of(to)
	m := s.mappings[key]
	if m == nil {
		m = &mapping{PacketConn: s.box.listen(), out: map[netip.AddrPort]bool{}}
		s.mappings[key] = m
		s.wg.Go(func() { s.receive(m) })
	}
	return m
}

func (s *natted) receive(m *mapping) {
	p := make([]byte, 2000)
	for {
		n, addr, err := m.ReadFrom(p)
		if err != nil {
			return
		}
		from := addrPort(addr, netip.AddrPort{})
		m.mu.Lock()
		ok := m.out[s.box.filtering.of(from)]
		m.mu.Unlock()
		if ok {
			select {
			case s.in <- event{from: from, data: append([]byte(nil), p[:n]...)}:
			default:
			}
		}
	}
}

func (s *natted) ReadFrom(p []byte) (int, net.Addr, error) {
	s.mu.Lock()
	expired := s.expired
	s.mu.Unlock()
	select {
	case ev := <-s.in:
		return copy(p, ev.data), net.UDPAddrFromAddrPort(ev.from), nil
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	case <-s.done:
		return 0, nil, net.ErrClosed
	}
}

func (s *natted) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.New("closed twice")
	}
	s.closed = true
	for _, m := range s.mappings {
		m.Close()
	}
	s.mu.Unlock()
	close(s.done)
	s.wg.Wait()
	return nil
}

// SetReadDeadline knows now and never, which is all that is asked of it.
func (s *natted) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.IsZero() {
		s.expired = make(chan struct{})
	} else {
		close(s.expired)
	}
	return nil
}

func (s *natted) LocalAddr() net.Addr              { return s.local }
func (s *natted) SetDeadline(t time.Time) error    { return s.SetReadDeadline(t) }
func (s *natted) SetWriteDeadline(time.Time) error { return nil }
