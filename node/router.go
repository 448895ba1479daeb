package node

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/nat"
	"filbert/node/doctor"
	"filbert/overlay/hostcache"
)

// routed is a network, held to what our router bears but for what others open.
type routed struct {
	*nat.Router
	listen Network
}

// Listen implements Network.
func (r routed) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	return r.listen.Listen(ctx, network, address)
}

// openRouter prepares to hold what goes out to what a router at home bears.
func (n *Node) openRouter() {
	n.router = nat.NewRouter(n.cfg.Network, func(to netip.Addr) bool {
		return to.Is6() || hostcache.Class(to).Local() || n.public.is(time.Now(), n.ownAddrs)
	})
}

// publicity is whether this machine has a public IPv4 address, so that no router
// translates for it.
type publicity struct {
	mu     sync.Mutex
	at     time.Time // guarded by mu: when it was looked
	public bool      // guarded by mu
}

// is looks at the own addresses, unless it did so of late.
func (p *publicity) is(now time.Time, own func() []netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at.IsZero() || now.Sub(p.at) >= publicLook {
		p.at, p.public = now, false
		for _, a := range own() {
			p.public = p.public || a.Is4() && hostcache.Class(a) == hostcache.Global
		}
	}
	return p.public
}

// forget has it looked again.
func (p *publicity) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = time.Time{}
}

// routerFacts is the same for the doctor.
func (n *Node) routerFacts() doctor.Router {
	c := n.router.Counts()
	return doctor.Router{None: n.public.is(time.Now(), n.ownAddrs), Entries: c.Now, Most: c.Most, Limit: c.Limit, Refused: c.Refused}
}
