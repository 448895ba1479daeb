package nat

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Network opens connections and ports.
type Network interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// Router is a Network that holds what goes over it to the entries that a router at home
// bears. Connections that others open are not counted. Safe for concurrent use.
type Router struct {
	network Network
	spares  func(netip.Addr) bool

	mu      sync.Mutex
	entries *Entries // guarded by mu
	ports   int      // guarded by mu: UDP ports opened so far
}

// NewRouter holds a network. spares tells addresses that no router is on the way to.
func NewRouter(network Network, spares func(netip.Addr) bool) *Router {
	return &Router{network: network, spares: spares, entries: NewEntries()}
}

// Counts tells of the entries.
func (r *Router) Counts() EntryCounts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entries.Counts(time.Now())
}

// DialContext connects to an address, an IP with a port, when there is room. The error
// is ErrCrowded if ctx ended before.
func (r *Router) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return r.dial(ctx, network, address, false)
}

// Links connects as the Router does, and has room that is kept for it: links to
// neighbors go before all else.
func (r *Router) Links() LinkDialer { return LinkDialer{r} }

// LinkDialer is what Links returns.
type LinkDialer struct{ r *Router }

// DialContext connects to an address.
func (d LinkDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.r.dial(ctx, network, address, true)
}

func (r *Router) dial(ctx context.Context, network, address string, link bool) (net.Conn, error) {
	if at, err := netip.ParseAddrPort(address); err != nil || r.spares(at.Addr().Unmap()) {
		return r.network.DialContext(ctx, network, address)
	}
	for !r.enter(link) {
		room := time.NewTimer(entryPause)
		select {
		case <-room.C:
		case <-ctx.Done():
			room.Stop()
			r.mu.Lock()
			defer r.mu.Unlock()
			r.entries.refused++
			return nil, crowded(ctx, address)
		}
	}
	c, err := r.network.DialContext(ctx, network, address)
	if err != nil {
		r.leave()
		return nil, err
	}
	leave := sync.OnceFunc(r.leave)
	if tcp, ok := c.(*net.TCPConn); ok { // what it can besides is wanted
		return &tcpEntry{tcp, leave}, nil
	}
	return &connEntry{c, leave}, nil
}

func (r *Router) enter(link bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entries.Open(time.Now(), link)
}

func (r *Router) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries.Close(time.Now())
}

// tcpEntry is a connection of the system with an entry.
type tcpEntry struct {
	*net.TCPConn
	leave func()
}

// Close implements net.Conn.
func (c *tcpEntry) Close() error {
	c.leave()
	return c.TCPConn.Close()
}

// connEntry is any other.
type connEntry struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *connEntry) Close() error {
	c.leave()
	return c.Conn.Close()
}

// CloseWrite ends our side.
func (c *connEntry) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}
