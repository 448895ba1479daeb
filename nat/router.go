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
	entries *Entries             // guarded by mu
	ports   int                  // guarded by mu: UDP ports opened so far
	conns   map[*dialed]net.Conn // guarded by mu: that are open
}

// dialed is a connection that we opened.
type dialed struct {
	from  netip.Addr // our end
	entry bool       // it has one
}

// NewRouter holds a network. spares tells addresses that no router is on the way to.
func NewRouter(network Network, spares func(netip.Addr) bool) *Router {
	return &Router{network: network, spares: spares, entries: NewEntries(), conns: make(map[*dialed]net.Conn)}
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
	at, err := netip.ParseAddrPort(address)
	entry := err == nil && !r.spares(at.Addr().Unmap())
	for entry && !r.enter(link) {
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
		if entry {
			r.leave()
		}
		return nil, err
	}
	leave := r.keep(c, entry)
	if tcp, ok := c.(*net.TCPConn); ok { // what it can besides is wanted
		return &tcpEntry{tcp, leave}, nil
	}
	return &connEntry{c, leave}, nil
}

// keep knows of a connection until what it returns is called.
func (r *Router) keep(c net.Conn, entry bool) (leave func()) {
	d := &dialed{entry: entry}
	if tcp, ok := c.LocalAddr().(*net.TCPAddr); ok {
		d.from = tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[d] = c
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.conns, d)
		if d.entry {
			r.entries.Close(time.Now())
		}
	})
}

// From reports whether connections that we opened are by an address of ours, or by one of
// its network of IPv6.
func (r *Router) From(at netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for d := range r.conns {
		if d.from == at || at.Is6() && netip.PrefixFrom(at, networkBits6).Masked().Contains(d.from) {
			return true
		}
	}
	return false
}

// Strand ends the connections that we opened by addresses that are not ours any more:
// nobody would hear of their end.
func (r *Router) Strand(own func(netip.Addr) bool) {
	var dead []net.Conn
	r.mu.Lock()
	for d, c := range r.conns {
		if d.from.IsValid() && !own(d.from) {
			dead = append(dead, c)
		}
	}
	r.mu.Unlock()
	for _, c := range dead {
		c.Close() // who has it hears of that
	}
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
