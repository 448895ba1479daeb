package fabric

import (
	"fmt"
	"net/netip"
	"time"
)

// NAT is a box between hosts and the internet, in the terms of RFC 4787: the hosts behind it share its address. What
// leaves a host is translated as it leaves, what comes for the address as it arrives; the network behind the box takes
// no time. TCP goes through as RFC 5382 has it, but two SYNs that cross do not make a connection. Partitions and
// the latency see the address of the box, not those behind it. A [Kill] of a box is for good: nothing passes it again. To
// pause one does nothing to what passes.
type NAT struct {
	net     *Net
	cfg     NATConfig
	outside *Host // nil for a firewall

	// Guarded by net.mu.
	bindings map[bindingKey]*binding
	outer    map[outerEnd]*binding
	mapped   map[innerEnd]*binding // by Map; they are in outer too
	gateway  netip.Addr            // of the box, on the side of its hosts; invalid if it has none
	ports    uint64                // given so far
	refused  uint64
}

// NAT returns a new box with this address. It panics if there is a host or a box with it.
func (n *Net) NAT(public netip.Addr, cfg NATConfig) *NAT {
	return n.Host(public).becomeNAT(cfg)
}

// NAT returns a new box behind b, as in the network of a carrier; private is its address there.
func (b *NAT) NAT(private netip.Addr, cfg NATConfig) *NAT {
	return b.Host(private).becomeNAT(cfg)
}

func (h *Host) becomeNAT(cfg NATConfig) *NAT {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	if h.nat != nil || len(h.sockets) > 0 || len(h.listeners) > 0 || len(h.conns) > 0 {
		panic(fmt.Sprintf("fabric: %v is in use and cannot be a NAT box", h.addr))
	}
	h.nat = &NAT{
		net: h.net, cfg: cfg.withDefaults(), outside: h,
		bindings: make(map[bindingKey]*binding), outer: make(map[outerEnd]*binding),
	}
	return h.nat
}

// Host returns the host behind the box with this private address, as [Net.Host] does. An address is used once in the
// whole Net, behind whichever box. It panics if it is elsewhere.
func (b *NAT) Host(private netip.Addr) *Host {
	h := b.net.Host(private)
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	if h.behind != b {
		if h.behind != nil || h.nat != nil || h.usedLocked() {
			panic(fmt.Sprintf("fabric: %v is in use elsewhere", private))
		}
		h.behind = b
	}
	return h
}

func (h *Host) usedLocked() bool {
	return len(h.links) > 0 || len(h.sockets) > 0 || len(h.listeners) > 0
}

// Addr returns the address of the box that the other side sees.
func (b *NAT) Addr() netip.Addr {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	return b.outside.addr
}

// Refused returns how many datagrams and segments from behind found no room for a binding.
func (b *NAT) Refused() uint64 {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	return b.refused
}

// Bindings returns how many bindings are in force.
func (b *NAT) Bindings() int {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.sweepLocked(time.Since(b.net.start))
	return len(b.bindings)
}

// Reboot makes the box with this address forget all its bindings and mappings.
type Reboot struct{ Box netip.Addr }

func (f Reboot) apply(n *Net, _ time.Duration) {
	if h := n.hosts[f.Box.Unmap()]; h != nil && h.nat != nil {
		h.nat.forgetAllLocked()
	}
}

func (f Reboot) String() string { return fmt.Sprintf("reboot %v", f.Box) }

// exitLocked returns the host or box that something to remote leaves the network of h from: h itself among neighbours.
func (h *Host) exitLocked(remote netip.Addr) *Host {
	for h.behind != nil {
		if to := h.net.hosts[remote]; to != nil && to.behind == h.behind {
			break
		}
		h = h.behind.outside
	}
	return h
}

// outwardLocked translates the source of a packet from the host for every box on its way out to a link.
func (h *Host) outwardLocked(kind Kind, from, to netip.AddrPort, l *link, now time.Duration) (netip.AddrPort, DropReason) {
	for {
		if h.shieldedLocked(l.To) && !h.wall.outLocked(kind, from, to, now) {
			return from, DropNAT
		}
		b := h.behind
		if h.addr == l.From || b == nil {
			return from, 0
		}
		if b.outside.dead {
			return from, DropNoHost
		}
		if kind == Datagram && b.cfg.BlockUDP {
			return from, DropNAT
		}
		bind := b.bindLocked(kind, from, to, now)
		if bind == nil || !bind.allowLocked(to) {
			b.refused++
			return from, DropNAT
		}
		from = bind.out
		h = b.outside
	}
}

// inwardLocked finds the host behind the boxes that an event is for, and translates its destination.
func (h *Host) inwardLocked(ev *event, now time.Duration) (*Host, DropReason) {
	for h != nil {
		if h.shieldedLocked(ev.link.From) && !h.wall.inLocked(ev, now) {
			return h, DropNAT
		}
		b := h.nat
		if b == nil {
			break
		}
		if h.dead {
			return h, DropNoHost
		}
		proto := protoOf(ev.kind)
		if ev.link.From == h.addr && !b.cfg.Hairpin || proto == Datagram && b.cfg.BlockUDP {
			return h, DropNAT
		}
		bind := b.letsLocked(ev.kind, ev.from, ev.to, now)
		if bind == nil {
			return h, DropNAT
		}
		ev.to = bind.in
		h = b.net.hosts[bind.in.Addr()]
	}
	return h, 0
}
