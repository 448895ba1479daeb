package fabric

import (
	"fmt"
	"net/netip"
	"time"
)

// Move takes a machine to another network: its interface has another address from then on,
// behind another box or none. What listens at all addresses goes on at the new one.
// Connections by the old one are stranded: nothing comes by them any more, nothing leaves,
// and nobody says so. The new address must be nobody's, and no box can move.
type Move struct {
	Host, To netip.Addr
	Behind   *NAT // nil: none
}

func (f Move) apply(n *Net, _ time.Duration) {
	h := n.hosts[f.Host.Unmap()]
	if h == nil || h.dead || h.nat != nil || h.wall != nil || n.hosts[f.To.Unmap()] != nil {
		return
	}
	delete(n.hosts, h.addr)
	h.addr, h.behind, h.links = f.To.Unmap(), f.Behind, make(map[netip.Addr]*link)
	n.hosts[h.addr] = h
	n.unstallLocked() // what is stranded and closed ends
}

func (f Move) String() string {
	if f.Behind == nil {
		return fmt.Sprintf("move %v to %v", f.Host, f.To)
	}
	return fmt.Sprintf("move %v to %v behind %v", f.Host, f.To, f.Behind.outside.addr)
}

// Addrs lists the addresses of the host's interfaces, without loopback, as networks of /24
// or /64.
func (h *Host) Addrs() ([]netip.Prefix, error) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	bits := 24
	if h.addr.Is6() {
		bits = 64
	}
	return []netip.Prefix{netip.PrefixFrom(h.addr, bits)}, nil
}

// strandedLocked tells whether the connection is by an address that its host has no more.
func (c *conn) strandedLocked() bool {
	at := c.local.Addr()
	return at != c.host.addr && !at.IsLoopback()
}
