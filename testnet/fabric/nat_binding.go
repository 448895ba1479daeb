package fabric

import (
	"net/netip"
	"time"
)

// protoOf returns Datagram for UDP and Syn for all of TCP.
func protoOf(k Kind) Kind {
	if k == Datagram {
		return Datagram
	}
	return Syn
}

type bindingKey struct {
	proto  Kind
	in     netip.AddrPort
	remote netip.AddrPort // as much of it as the mapping depends on
}

// outerEnd is what others see.
type outerEnd struct {
	proto Kind
	at    netip.AddrPort
}

// binding is a mapping and what passes it inwards.
type binding struct {
	key      bindingKey
	in, out  netip.AddrPort
	expires  time.Duration
	open     bool                    // everybody is let in
	answered bool                    // something came in by it
	remotes  map[netip.AddrPort]bool // were sent to
	addrs    map[netip.Addr]bool     // their hosts
	tcp      map[netip.AddrPort]ends // connections, by their other end; those that are over too
}

// ends is which ends of a connection have said that they are through.
type ends uint8

const (
	endInside ends = 1 << iota
	endOutside
	over = endInside | endOutside
)

// sawLocked notes what a segment says of a connection with a remote end, by whom.
func (m *binding) sawLocked(kind Kind, remote netip.AddrPort, by ends) {
	if _, known := m.tcp[remote]; !known && len(m.tcp) >= natRemotes {
		return
	}
	switch kind {
	case Datagram:
	case Syn:
		put(&m.tcp, remote, 0)
	case Fin:
		put(&m.tcp, remote, m.tcp[remote]|by)
	case Reset:
		put(&m.tcp, remote, over)
	}
}

// closedLocked tells whether all connections of a binding are over.
func (m *binding) closedLocked() bool {
	for _, e := range m.tcp {
		if e != over {
			return false
		}
	}
	return true
}

func (b *NAT) lifetime(m *binding) time.Duration {
	switch {
	case m.key.proto == Datagram:
		return b.cfg.Lifetime
	case m.answered && !m.closedLocked():
		return natLifetimeTCP
	}
	return natLifetimeShort
}

// bindLocked returns the binding for what a host sends, a new one if need be; nil if there is no room.
func (b *NAT) bindLocked(kind Kind, in, to netip.AddrPort, now time.Duration) *binding {
	proto := protoOf(kind)
	if m := b.mapped[innerEnd{proto, in}]; m != nil {
		return m
	}
	key := bindingKey{proto: proto, in: in}
	switch b.cfg.Mapping {
	case AddressDependent:
		key.remote = netip.AddrPortFrom(to.Addr(), 0)
	case AddressAndPortDependent:
		key.remote = to
	}
	bind := b.bindings[key]
	if bind != nil && bind.expires <= now {
		b.forgetLocked(bind)
		bind = nil
	}
	if bind == nil {
		if len(b.bindings) >= b.cfg.MostBindings {
			b.sweepLocked(now)
		}
		if len(b.bindings) >= b.cfg.MostBindings {
			return nil
		}
		out := in
		if b.outside != nil {
			port, ok := b.portLocked(proto, in.Port(), now)
			if !ok {
				return nil
			}
			out = netip.AddrPortFrom(b.outside.addr, port)
		}
		bind = &binding{
			key: key, in: in, out: out,
			remotes: make(map[netip.AddrPort]bool), addrs: make(map[netip.Addr]bool),
		}
		b.bindings[key] = bind
		b.outer[outerEnd{proto, out}] = bind
	}
	bind.sawLocked(kind, to, endInside)
	bind.expires = now + b.lifetime(bind)
	return bind
}

// portLocked chooses the outer port of a new binding.
func (b *NAT) portLocked(proto Kind, in uint16, now time.Duration) (uint16, bool) {
	const span = 1<<16 - natFirstPort
	lot := mixAddr(mix(b.net.cfg.Seed), b.outside.addr)
	first := lot + b.ports
	switch b.cfg.Ports {
	case Preserve:
		first = uint64(in) - natFirstPort + span
	case Random:
		first = mix(lot + b.ports)
	}
	b.ports++
	for i := range uint64(span) {
		port := uint16(natFirstPort + (first%span+i)%span)
		old := b.outer[outerEnd{proto, netip.AddrPortFrom(b.outside.addr, port)}]
		if old != nil && old.expires <= now {
			b.forgetLocked(old)
			old = nil
		}
		if old == nil {
			return port, true
		}
	}
	return 0, false
}

func (b *NAT) forgetLocked(bind *binding) {
	delete(b.bindings, bind.key)
	delete(b.outer, outerEnd{bind.key.proto, bind.out})
}

func (b *NAT) sweepLocked(now time.Duration) {
	for _, bind := range b.bindings {
		if bind.expires <= now {
			b.forgetLocked(bind)
		}
	}
}

// allowLocked lets the remote answer from now on, unless too many may.
func (m *binding) allowLocked(to netip.AddrPort) bool {
	if m.open {
		return true
	}
	if !m.remotes[to] && len(m.remotes) >= natRemotes {
		return false
	}
	m.remotes[to], m.addrs[to.Addr()] = true, true
	return true
}

// letsLocked returns the binding by which something from this end comes in, nil if there is none.
func (b *NAT) letsLocked(kind Kind, from, to netip.AddrPort, now time.Duration) *binding {
	bind := b.outer[outerEnd{protoOf(kind), to}]
	if bind == nil || bind.expires <= now || !bind.lets(b.cfg.Filtering, from) {
		return nil
	}
	bind.answered = true
	bind.sawLocked(kind, from, endOutside)
	switch {
	case bind.expires == forever: // the user's
	case kind != Datagram:
		bind.expires = now + b.lifetime(bind)
	case b.cfg.InboundRefresh:
		bind.expires = max(bind.expires, now+b.lifetime(bind))
	}
	return bind
}

// lets tells whether the filter lets something from this end in.
func (m *binding) lets(filter Dependence, from netip.AddrPort) bool {
	if m.open {
		return true
	}
	switch filter {
	case EndpointIndependent:
		return true
	case AddressDependent:
		return m.addrs[from.Addr()]
	}
	return m.remotes[from]
}
