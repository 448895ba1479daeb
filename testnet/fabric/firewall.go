package fabric

import (
	"fmt"
	"net/netip"
	"time"
)

// Firewall stands between its hosts and all others, and translates nothing: what a host sends opens the way back, as
// the filtering of its config has it; mapping, ports and hairpin mean nothing there. A host may be a NAT box, made after
// the firewall, or be behind one. Hosts of one firewall reach one another freely. It has no address and cannot be
// killed.
type Firewall struct{ box *NAT }

// Firewall returns a new firewall.
func (n *Net) Firewall(cfg NATConfig) *Firewall {
	cfg.Mapping = EndpointIndependent
	return &Firewall{&NAT{
		net: n, cfg: cfg.withDefaults(), bindings: make(map[bindingKey]*binding), outer: make(map[outerEnd]*binding),
	}}
}

// Host returns the host with this address, as [Net.Host] does, behind the firewall. It panics if the host is in use
// without it.
func (f *Firewall) Host(addr netip.Addr) *Host {
	h := f.box.net.Host(addr)
	f.box.net.mu.Lock()
	defer f.box.net.mu.Unlock()
	if h.wall != f {
		if h.wall != nil || h.nat != nil || h.usedLocked() {
			panic(fmt.Sprintf("fabric: %v is in use without the firewall", addr))
		}
		h.wall = f
	}
	return h
}

// Refused returns how much from its hosts found no room, as [NAT.Refused] does.
func (f *Firewall) Refused() uint64 { return f.box.Refused() }

// shieldedLocked reports whether a firewall stands between the host and the other end of a link.
func (h *Host) shieldedLocked(other netip.Addr) bool {
	if h.wall == nil {
		return false
	}
	o := h.net.hosts[other]
	return o == nil || o.wall != h.wall
}

// outLocked lets something out of the firewall, and its answers in.
func (f *Firewall) outLocked(kind Kind, from, to netip.AddrPort, now time.Duration) bool {
	b := f.box
	if kind == Datagram && b.cfg.BlockUDP {
		return false
	}
	if bind := b.bindLocked(kind, from, to, now); bind == nil || !bind.allowLocked(to) {
		b.refused++
		return false
	}
	return true
}

// inLocked tells whether an event gets in.
func (f *Firewall) inLocked(ev *event, now time.Duration) bool {
	return (ev.kind != Datagram || !f.box.cfg.BlockUDP) && f.box.letsLocked(ev.kind, ev.from, ev.to, now) != nil
}
