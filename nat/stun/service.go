package stun

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Service is a Server on sockets.
type Service struct {
	conns []net.PacketConn

	mu     sync.Mutex
	server *Server
}

// NewService returns a service that answers by these sockets, in the order of the
// addresses of the server. It does not close them.
func NewService(server *Server, conns ...net.PacketConn) *Service {
	return &Service{conns: conns, server: server}
}

// Receive takes a datagram that arrived at socket number at, and reports whether it
// was answered.
func (s *Service) Receive(at int, b []byte, from netip.AddrPort) bool {
	s.mu.Lock()
	reply, refusal := s.server.Handle(time.Now(), at, b, from)
	s.mu.Unlock()
	if refusal != 0 {
		return false
	}
	_, err := s.conns[reply.Via].WriteTo(reply.Data, net.UDPAddrFromAddrPort(reply.To))
	return err == nil
}

// Run reads the sockets until they are closed, for who does not read them himself.
func (s *Service) Run() {
	var wg sync.WaitGroup
	for i, c := range s.conns {
		wg.Go(func() {
			readLoop(c, nil, func(b []byte, from netip.AddrPort) { s.Receive(i, b, from) })
		})
	}
	wg.Wait()
}

// Stats returns a copy of the counters.
func (s *Service) Stats() ServerStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.server.Stats()
}
