package stun

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/pion/stun/v2"
)

// Refusal is why a request gets no reply.
type Refusal uint8

// The refusals.
const (
	RefusedMessage Refusal = 1 + iota // it is no binding request
	RefusedSource                     // nobody can be there
	RefusedHost                       // the host had enough
	RefusedNetwork                    // its network had
	RefusedTotal                      // everybody together had
)

var refusals = [...]string{
	RefusedMessage: "message", RefusedSource: "source", RefusedHost: "host", RefusedNetwork: "network", RefusedTotal: "total",
}

// String names the refusal.
func (r Refusal) String() string {
	if r > 0 && int(r) < len(refusals) {
		return refusals[r]
	}
	return "Refusal(" + strconv.Itoa(int(r)) + ")"
}

// Server decides what to reply. It does nothing and has no lock.
type Server struct {
	addrs  []netip.AddrPort
	budget budget
	stats  ServerStats
}

// ServerStats is what a server did.
type ServerStats struct {
	Replies uint64 `json:"replies"`
	Bytes   uint64 `json:"bytes"` // of them, on the wire

	RefusedMessage uint64 `json:"refused_message"`
	RefusedSource  uint64 `json:"refused_source"`
	RefusedHost    uint64 `json:"refused_host"`
	RefusedNetwork uint64 `json:"refused_network"`
	RefusedTotal   uint64 `json:"refused_total"`
}

// Refused counts all requests without a reply.
func (s ServerStats) Refused() uint64 {
	return s.RefusedMessage + s.RefusedSource + s.RefusedHost + s.RefusedNetwork + s.RefusedTotal
}

// Reply is a message to be sent.
type Reply struct {
	Data []byte
	To   netip.AddrPort
	Via  int // the socket it leaves by
}

// NewServer returns a server with a socket at each of the addresses, as others see
// them. One that is not known is the zero AddrPort: the server then says nothing
// about itself.
func NewServer(addrs ...netip.AddrPort) *Server {
	s := &Server{addrs: make([]netip.AddrPort, len(addrs))}
	for i, a := range addrs {
		s.addrs[i] = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	return s
}

// Stats returns a copy of the counters.
func (s *Server) Stats() ServerStats { return s.stats }

// Handle takes what arrived at socket number at, and returns the reply, or why there
// is none. A request that needs something unknown, or an address the server has not,
// is answered with an error.
func (s *Server) Handle(now time.Time, at int, request []byte, from netip.AddrPort) (Reply, Refusal) {
	reply, refusal := s.handle(now, at, request, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	switch refusal {
	case RefusedMessage:
		s.stats.RefusedMessage++
	case RefusedSource:
		s.stats.RefusedSource++
	case RefusedHost:
		s.stats.RefusedHost++
	case RefusedNetwork:
		s.stats.RefusedNetwork++
	case RefusedTotal:
		s.stats.RefusedTotal++
	default:
		s.stats.Replies++
		s.stats.Bytes += uint64(wire(reply.To.Addr(), len(reply.Data)))
	}
	return reply, refusal
}

func (s *Server) handle(now time.Time, at int, request []byte, from netip.AddrPort) (Reply, Refusal) {
	if kind, _, ok := peek(request); !ok || kind != stun.BindingRequest.Value() {
		return Reply{}, RefusedMessage
	}
	if !usable(from) {
		return Reply{}, RefusedSource
	}
	// Before anything is decoded, so that a flood costs no more than this.
	if r := s.budget.allows(now, from.Addr()); r != 0 {
		return Reply{}, r
	}
	m, err := parse(request)
	if err != nil {
		return Reply{}, RefusedMessage
	}
	answer, via := s.answer(&m, at, from)
	reply := Reply{Data: answer.bytes(), To: from, Via: via}
	if m.to != 0 && answer.class == stun.ClassSuccessResponse {
		reply.To = netip.AddrPortFrom(from.Addr(), m.to)
	}
	s.budget.take(now, from.Addr(), wire(from.Addr(), len(reply.Data)))
	return reply, 0
}

// answer is the message that answers, and the socket it leaves by.
func (s *Server) answer(m *message, at int, from netip.AddrPort) (message, int) {
	refuse := func(t ...stun.AttrType) (message, int) {
		return message{
			class: stun.ClassErrorResponse, id: m.id, code: codeUnknownAttribute, unknown: t, fingerprint: m.fingerprint,
		}, at
	}
	if len(m.unknown) > 0 {
		return refuse(m.unknown...)
	}
	via, ok := s.change(at, m.change)
	if !ok {
		return refuse(stun.AttrChangeRequest)
	}
	return message{
		class: stun.ClassSuccessResponse, id: m.id, mapped: from, origin: s.addrs[via], other: s.other(at), fingerprint: m.fingerprint,
	}, via
}

// change returns the socket a change leads to.
func (s *Server) change(at int, c Change) (int, bool) {
	if c == SameAddress {
		return at, true
	}
	for i, a := range s.addrs {
		if s.differ(at, a) == c {
			return i, true
		}
	}
	return 0, false
}

// other is the address that differs most from that of a socket.
func (s *Server) other(at int) netip.AddrPort {
	for _, c := range []Change{ChangeIPAndPort, ChangePort} {
		if i, ok := s.change(at, c); ok {
			return s.addrs[i]
		}
	}
	return netip.AddrPort{}
}

// differ tells in what an address differs from that of a socket.
func (s *Server) differ(at int, a netip.AddrPort) (c Change) {
	if !a.IsValid() || !s.addrs[at].IsValid() {
		return SameAddress
	}
	if a.Addr() != s.addrs[at].Addr() {
		c |= ChangeIP
	}
	if a.Port() != s.addrs[at].Port() {
		c |= ChangePort
	}
	return c
}
