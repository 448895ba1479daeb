package fabric

import (
	"fmt"
	"net/netip"
	"time"
)

// Map has the box lead an outer port to a port of a host behind it, as a user sets it up or a protocol such as PCP asks
// for: everybody is let in, and what leaves from there has that outer port (RFC 6887 §2.2), until Unmap or a
// [Reboot]. A mapping of the same outer or inner port before is gone. Proto is Datagram for UDP and Syn for TCP.
func (b *NAT) Map(proto Kind, outer uint16, in netip.AddrPort) {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.unmapLocked(proto, in)
	out := netip.AddrPortFrom(b.outside.addr, outer)
	if old := b.outer[outerEnd{proto, out}]; old != nil {
		b.forgetLocked(old)
		delete(b.mapped, innerEnd{proto, old.in})
	}
	bind := &binding{
		key: bindingKey{proto: proto, in: in}, in: in, out: out, expires: forever, open: true,
		remotes: make(map[netip.AddrPort]bool), addrs: make(map[netip.Addr]bool),
	}
	put(&b.mapped, innerEnd{proto, in}, bind)
	b.outer[outerEnd{proto, out}] = bind
}

// Unmap ends that.
func (b *NAT) Unmap(proto Kind, in netip.AddrPort) {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.unmapLocked(proto, in)
}

func (b *NAT) unmapLocked(proto Kind, in netip.AddrPort) {
	if old := b.mapped[innerEnd{proto, in}]; old != nil {
		delete(b.mapped, innerEnd{proto, in})
		delete(b.outer, outerEnd{proto, old.out})
	}
}

// innerEnd is a port of a host behind a box.
type innerEnd struct {
	proto Kind
	at    netip.AddrPort
}

// Renumber gives the box another outer address, as carriers do when a router connects anew: it forgets all bindings and
// mappings, nobody is at the old address any more, and connections through it are reset. The new one must be nobody's.
type Renumber struct{ Box, To netip.Addr }

func (f Renumber) apply(n *Net, _ time.Duration) {
	old := n.hosts[f.Box.Unmap()]
	if old == nil || old.nat == nil || n.hosts[f.To.Unmap()] != nil {
		return
	}
	b := old.nat
	b.forgetAllLocked()
	h := &Host{net: n, addr: f.To.Unmap(), nat: b, behind: old.behind, wall: old.wall, links: make(map[netip.Addr]*link)}
	n.hosts[h.addr] = h
	b.outside, old.dead, old.nat = h, true, nil
}

func (f Renumber) String() string { return fmt.Sprintf("renumber %v to %v", f.Box, f.To) }

// forgetAllLocked ends all bindings and mappings.
func (b *NAT) forgetAllLocked() {
	clear(b.bindings)
	clear(b.mapped)
	clear(b.outer)
}

// Gateway returns the box as its hosts see it: a host with an address of their network, at which a test may answer for
// it. They find it by [Host.Gateways].
func (b *NAT) Gateway(private netip.Addr) *Host {
	h := b.Host(private)
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.gateway = h.addr
	return h
}

// Gateways lists the way out of the host's network, if it has an address there.
func (h *Host) Gateways() ([]netip.Addr, error) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	if h.behind == nil || !h.behind.gateway.IsValid() {
		return nil, nil
	}
	return []netip.Addr{h.behind.gateway}, nil
}
