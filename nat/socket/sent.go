package socket

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// sent remembers where readers of STUN and QUIC wrote to. A NAT lets in what comes from
// there, so it is no sign that strangers are let in. Two generations, of which the older
// is forgotten at once when the younger is full or old.
type sent struct {
	mu                sync.Mutex
	last              netip.AddrPort
	at                time.Time // when last was written to
	born              time.Time // of the younger
	full              time.Time // when one was full before its time
	younger, previous map[netip.AddrPort]struct{}
}

// hostOf is the key of an address: the host, as NATs that filter look at that first; or
// the socket, where many nodes share a host because it is a laboratory.
func hostOf(a netip.AddrPort) netip.AddrPort {
	if ip := a.Addr().Unmap(); !ip.IsLoopback() {
		return netip.AddrPortFrom(ip, 0)
	}
	return a
}

// wrote notes a write.
func (s *sent) wrote(now time.Time, to netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if to == s.last && now.Sub(s.at) < sentPause {
		return // a connection of QUIC writes to one address all the time
	}
	s.last, s.at = to, now
	s.rotate(now)
	key := hostOf(to)
	if _, ok := s.younger[key]; !ok && len(s.younger) == sentHosts {
		s.full = now
		s.turn(now)
	}
	s.younger[key] = struct{}{}
}

// knows reports whether an address was written to of late, or may have been.
func (s *sent) knows(now time.Time, from netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rotate(now)
	key := hostOf(from)
	_, ok := s.younger[key]
	if !ok {
		_, ok = s.previous[key]
	}
	return ok || !s.full.IsZero() && now.Sub(s.full) < sentLifetime
}

func (s *sent) rotate(now time.Time) {
	switch age := now.Sub(s.born); {
	case s.younger == nil || age >= 2*sentLifetime:
		s.turn(now)
		s.previous = nil
	case age >= sentLifetime:
		s.turn(now)
	}
}

func (s *sent) turn(now time.Time) {
	s.born, s.previous, s.younger = now, s.younger, make(map[netip.AddrPort]struct{})
}

// note remembers a write of STUN or QUIC.
func (v *view) note(to net.Addr) {
	if udp, ok := to.(*net.UDPAddr); ok && v.notes {
		v.sock.sent.wrote(time.Now(), udp.AddrPort())
	}
}

// Solicited reports whether another view of the socket wrote to the host of an address in
// the last ten minutes, so that a NAT may let in what comes from there.
func (v *view) Solicited(from netip.AddrPort) bool { return v.sock.sent.knows(time.Now(), from) }
